import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { type TestContext, test } from "node:test"
import type { CloudFormationCustomResourceEvent } from "aws-lambda"
import { answerStack, type StackWork } from "./stack-resource.ts"

type Told = { method?: string; contentType?: string; body: Record<string, string> }

/** The address that CloudFormation gives; answers with these statuses in turn, the last one for good. */
async function cloudFormation(t: TestContext, statuses = [200]) {
  const told: Told[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString())
    told.push({ method: request.method, contentType: request.headers["content-type"], body })
    response.writeHead((statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200).end()
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?signature=x`
  return { told, url }
}

function eventOf(RequestType: "Create" | "Update" | "Delete", ResponseURL: string) {
  const common = {
    ServiceToken: "arn:aws:lambda:us-east-1:1:function:f",
    ResponseURL,
    StackId: "stack",
    RequestId: "request",
    LogicalResourceId: "Made",
    ResourceType: "Custom::PlatformKeys",
    ResourceProperties: { ServiceToken: "arn:aws:lambda:us-east-1:1:function:f" },
  }
  const more = RequestType === "Create" ? {} : { PhysicalResourceId: "as it was", OldResourceProperties: {} }
  return { ...common, ...more, RequestType } as CloudFormationCustomResourceEvent
}

/** Time passes only where it is slept, and then at once. */
function workThat(make: () => Promise<void>) {
  let leftMs = 120_000
  let sleepers: { untilLeftMs: number; wake(): void }[] = []
  const wakeFirst = () => {
    const [first, ...others] = sleepers.sort((one, other) => other.untilLeftMs - one.untilLeftMs)
    sleepers = others
    leftMs = first?.untilLeftMs ?? leftMs
    first?.wake()
  }
  const seen = { made: 0, faults: [] as unknown[] }
  const work: StackWork = {
    make() {
      seen.made += 1
      return make()
    },
    leftMs: () => leftMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { untilLeftMs: leftMs - ms, wake: resolve }
        sleepers.push(sleeper)
        signal?.addEventListener("abort", () => {
          sleepers = sleepers.filter((it) => it !== sleeper)
          reject(signal.reason)
        })
        // By then all who could do something have done it.
        setImmediate(wakeFirst)
      }),
    onFault: (fault) => seen.faults.push(fault),
  }
  return { ...work, seen }
}

for (const type of ["Create", "Update"] as const) {
  test(`${type} makes what is missing and says so, by the request's own ids and without a content type`, async (t) => {
    const { told, url } = await cloudFormation(t)
    const work = workThat(async () => {})
    await answerStack(eventOf(type, url), work)
    assert.equal(work.seen.made, 1)
    const PhysicalResourceId = type === "Create" ? "platform-keys" : "as it was"
    const ids = { StackId: "stack", RequestId: "request", LogicalResourceId: "Made", PhysicalResourceId }
    assert.deepEqual(told, [{ method: "PUT", contentType: undefined, body: { Status: "SUCCESS", ...ids } }])
  })
}

test("Delete succeeds and touches nothing: keys outlive their stack", async (t) => {
  const { told, url } = await cloudFormation(t)
  const work = workThat(async () => {})
  await answerStack(eventOf("Delete", url), work)
  assert.equal(work.seen.made, 0)
  assert.equal(told[0]?.body.Status, "SUCCESS")
})

test("what fails is tried again, since a role that was just made is not known everywhere", async (t) => {
  const { told, url } = await cloudFormation(t)
  let tries = 0
  const work = workThat(async () => {
    if (++tries < 4) throw new Error("AccessDenied")
  })
  await answerStack(eventOf("Create", url), work)
  assert.deepEqual([tries, work.seen.faults.length, told[0]?.body.Status], [4, 3, "SUCCESS"])
})

test("what fails to the end is told as failed, with the reason, while there is time to tell it", async (t) => {
  const { told, url } = await cloudFormation(t)
  const work = workThat(async () => {
    throw new TypeError(`not allowed ${"x".repeat(5_000)}`)
  })
  await answerStack(eventOf("Create", url), work)
  assert.equal(told[0]?.body.Status, "FAILED")
  assert.match(told[0]?.body.Reason ?? "", /could not be made: TypeError: not allowed/)
  assert.ok(JSON.stringify(told[0]?.body).length < 4_096)
  assert.ok(work.leftMs() >= 25_000)
})

test("what hangs is told as failed before the function is cut off", async (t) => {
  const { told, url } = await cloudFormation(t)
  const work = workThat(() => new Promise(() => {}))
  await answerStack(eventOf("Create", url), work)
  assert.deepEqual([told[0]?.body.Status, told[0]?.body.Reason], ["FAILED", "the keys were not made in time"])
})

test("CloudFormation is told again where it did not hear; where it never does, Lambda must call again", async (t) => {
  const deaf = await cloudFormation(t, [500, 503, 200])
  await answerStack(
    eventOf("Create", deaf.url),
    workThat(async () => {}),
  )
  assert.equal(deaf.told.length, 3)
  const gone = await cloudFormation(t, [403])
  await assert.rejects(
    answerStack(
      eventOf("Create", gone.url),
      workThat(async () => {}),
    ),
    /answered 403/,
  )
  assert.equal(gone.told.length, 4)
})

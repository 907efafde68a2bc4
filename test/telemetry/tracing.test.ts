import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { promisify } from "node:util"
import { bundleFunctions } from "../../infra/bundle.ts"

const ORDER = "48210739175820394857201938"

const output = mkdtempSync(join(tmpdir(), "metro-pay-tracing-"))
/** Knows no item: whoever asks has nothing to do. */
const dynamodb = createServer((_request, response) => response.end("{}"))
/** As Lambda runs it: takes what functions send about their calls. */
const daemon = createSocket("udp4")

before(async () => {
  await bundleFunctions(join(import.meta.dirname, "..", ".."), output, { tracing: true })
  dynamodb.listen(0, "127.0.0.1")
  daemon.bind(0, "127.0.0.1")
  await Promise.all([once(dynamodb, "listening"), once(daemon, "listening")])
})
after(() => {
  dynamodb.close()
  daemon.close()
  rmSync(output, { recursive: true, force: true })
})

type Segment = {
  name: string
  trace_id?: string
  fault?: boolean
  annotations?: Record<string, string>
  aws?: { operation: string; resource_names?: string[] }
  subsegments?: Segment[]
}

const SAMPLED = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"

/** Runs a script in a process that looks like Lambda's; what the process told the daemon is in `segments`. */
async function run(script: string, environment: Record<string, string> = {}): Promise<string> {
  const env = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "none",
    AWS_SECRET_ACCESS_KEY: "none",
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(dynamodb.address() as AddressInfo).port}`,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: "deadletters",
    AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.address().port}`,
    LAMBDA_TASK_ROOT: output,
    _X_AMZN_TRACE_ID: SAMPLED,
    MAIN_TABLE: "main",
    POLL_QUEUES: "{}",
    STAGE: "test",
    ...environment,
  }
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    env,
  })
  return stdout
}

/** Has the function work on these records. */
function deadLetters(records: readonly unknown[], environment: Record<string, string>): Promise<string> {
  const file = JSON.stringify(join(output, "functions", "deadletters", "index.mjs"))
  const event = JSON.stringify({ Records: records })
  return run(`console.log(JSON.stringify(await (await import(${file})).handler(${event})))`, environment)
}

/** What is told from now on, until a segment of that name came. */
function segmentsUntil(name: string): Promise<Segment[]> {
  const sent: Segment[] = []
  return new Promise((resolve) => {
    const hear = (datagram: Buffer) => {
      const segment: Segment = JSON.parse(datagram.toString().split("\n")[1] ?? "")
      sent.push(segment)
      if (segment.name !== name) return
      daemon.off("message", hear)
      resolve(sent)
    }
    daemon.on("message", hear)
  })
}

const message = {
  messageId: "m1",
  body: JSON.stringify({ tradeNo: ORDER, legNo: 1, step: 0 }),
  eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:MetroPay-test-poll-wechat-dead-letters",
}

test("where a stage traces, work and its calls to AWS stand in the trace of the invocation", async () => {
  const told = segmentsUntil("deadletters")
  const printed = await deadLetters([message], { POWERTOOLS_TRACE_ENABLED: "true" })
  assert.deepEqual(JSON.parse(printed), { batchItemFailures: [] })
  const sent = await told
  const all = sent.flatMap((segment) => [segment, ...(segment.subsegments ?? [])])
  assert.equal(all.find(({ name }) => name === "DynamoDB")?.aws?.operation, "GetItem")
  for (const { trace_id } of sent) assert.equal(trace_id, "1-5759e988-bd862e3fe1be46a994272793")
  assert.ok(!JSON.stringify(sent).includes(ORDER), "what is asked for is not told")
})

test("a call is found by its order and its merchant, and tells nothing of its fault", async () => {
  const told = segmentsUntil("applypay")
  const tracer = JSON.stringify(join(import.meta.dirname, "..", "..", "functions", "xray.ts"))
  await run(`const tracer = (await import(${tracer})).openTracer()
    await tracer.around("applypay", async () => {
      tracer.annotate({ tradeNo: "${ORDER}", merchantId: "M10001" })
      throw new Error("code 134567890123456789")
    }).catch(() => {})`)
  const [segment] = await told
  assert.deepEqual(segment?.annotations, { order: ORDER, merchant: "M10001" })
  assert.equal(segment?.fault, true)
  assert.doesNotMatch(JSON.stringify(segment), /134567890123456789/)
})

test("where a stage does not trace, the tracer is not even read", async () => {
  rmSync(join(output, "functions", "deadletters", "xray.mjs"))
  assert.deepEqual(JSON.parse(await deadLetters([], {})), { batchItemFailures: [] })
  await assert.rejects(deadLetters([], { POWERTOOLS_TRACE_ENABLED: "true" }), ({ stderr }) =>
    /xray\.mjs/.test(stderr),
  )
})

import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import { promisify } from "node:util"

const ORDER = "48210739175820394857201938"
const CODE = "134567890123456789"

type Line = Record<string, unknown>

/** What a function prints that runs this script, line by line. */
async function logOf(script: string, environment: Record<string, string> = {}): Promise<Line[]> {
  const env = { STAGE: "test", AWS_LAMBDA_LOG_LEVEL: "INFO", ...environment }
  const file = (name: string) => JSON.stringify(join(import.meta.dirname, name))
  const imports = `import { callLog, logFault, logRun, redacted } from ${file("call-log.ts")}
    import { countRare } from ${file("rare-events.ts")};`
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", imports + script], { env })
  const { stdout, stderr } = await run
  return [...stdout.split("\n"), ...stderr.split("\n")].filter((it) => it !== "").map((it) => JSON.parse(it))
}

function timeless(lines: readonly Line[]): Line[] {
  return lines.map(({ at, ...rest }) => {
    assert.ok(Math.abs(Number(at) - Date.now()) < 60_000)
    return rest
  })
}

test("a call leaves one line, with what it did to its order", async () => {
  const lines = await logOf(`const log = callLog("applypay", "R1")
    log.changed({ merchantId: "M1", tradeNo: "${ORDER}", channel: "wechat", state: "PAYING" })
    log.changed({ merchantId: "M1", tradeNo: "${ORDER}", channel: "wechat", state: "PAID", certaintyMs: 180.4 })
    log.end({ merchantId: "M1", tradeNo: "${ORDER}", state: "UNDOING", code: "SUCCESS", ms: 200.6 })`)
  assert.deepEqual(timeless(lines), [
    {
      call: "applypay",
      id: "R1",
      m: "M1",
      o: ORDER,
      ch: "wechat",
      code: "SUCCESS",
      st: "PAID",
      cert: 180,
      ms: 201,
    },
  ])
})

test("where it made nothing final, the line says what stands there now", async () => {
  const lines = await logOf(`const log = callLog("reverse", "R1")
    log.changed({ tradeNo: "${ORDER}", channel: "wechat", state: "REVERSING" })
    log.end({ tradeNo: "${ORDER}", state: "CLOSED", code: "SUCCESS", ms: 3 })`)
  assert.deepEqual(timeless(lines), [
    { call: "reverse", id: "R1", o: ORDER, ch: "wechat", code: "SUCCESS", st: "CLOSED", ms: 3 },
  ])
})

test("what is done after the answer gets a line of its own", async () => {
  const [, late] = await logOf(`const log = callLog("applypay", "R1")
    log.end({ code: "SYSTEM_ERROR", ms: 9000 })
    log.changed({ merchantId: "M1", tradeNo: "${ORDER}", channel: "wechat", state: "PAID", certaintyMs: 9500 })`)
  assert.deepEqual(timeless([late ?? {}]), [
    {
      call: "applypay",
      id: "R1",
      m: "M1",
      o: ORDER,
      ch: "wechat",
      code: "LATE",
      st: "PAID",
      cert: 9500,
      ms: 0,
    },
  ])
})

test("work leaves a short line for each order that it changed, and none where it changed none", async () => {
  const lines = await logOf(`const log = callLog("poll", "R1")
    log.changed({ merchantId: "M1", tradeNo: "${ORDER}", channel: "wechat", state: "PAID", certaintyMs: 372 })
    log.endChanges()
    callLog("poll", "R2").endChanges()`)
  assert.deepEqual(timeless(lines), [{ call: "poll", o: ORDER, ch: "wechat", st: "PAID", cert: 372 }])
})

test("the lines of a call and of a worker that was faster have 300 bytes together, also with long names", async () => {
  const facts = `{ merchantId: "M1234567890", tradeNo: "${ORDER}", channel: "unionpay", state: "PAID" }`
  const lines = await logOf(`const call = callLog("applypay", "01M7Y9FEH9EW21FPD06DSM3DHP")
    call.changed({ ...${facts}, state: "PAYING" })
    call.end({ ...${facts}, code: "SUCCESS", ms: 8765 })
    const worker = callLog("poll", "993e9778-b46e-4112-b4c0-5738754f1b35")
    worker.changed({ ...${facts}, certaintyMs: 7654 })
    worker.endChanges()`)
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(`${JSON.stringify(line)}\n`), 0)
  assert.ok(bytes <= 300, `${bytes} bytes`)
})

test("what does not fit its field does not get into the line", async () => {
  const lines = await logOf(`callLog("reverse", "R 1")
    .end({ merchantId: "M1\\n{}", tradeNo: "${CODE}", channel: "${CODE}", code: "${CODE}", state: "x", ms: NaN })`)
  assert.deepEqual(timeless(lines), [{ call: "reverse" }])
})

test("a fault is logged redacted, with its cause and its place, and counted", async () => {
  const [counted, line] = await logOf(`const key = "0123456789abcdef0123456789abcdef"
    const fault = new TypeError("code ${CODE} of 13800138000", { cause: new Error("key " + key) })
    logFault("applypay", "R1", Object.assign(fault, { config: { body: "secret" }, $response: { body: key } }))`)
  assert.partialDeepStrictEqual(counted, { call: "applypay", Fault: 1 })
  const { at, timestamp, stack, ...rest } = line ?? {}
  assert.equal(Date.parse(String(timestamp)), at, "Lambda believes the level beside a time of its own naming")
  assert.match(String(stack), /^ {4}at /)
  assert.deepEqual(rest, {
    level: "ERROR",
    call: "applypay",
    id: "R1",
    fault: "TypeError",
    message: "code [18 digits] of [11 digits]",
    cause: "Error: key [32 characters]",
  })
})

test("errors of AWS's clients and of fetch carry neither what was sent nor what was answered into the log", async () => {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(400, { "content-type": "application/x-amz-json-1.0" })
      response.end(JSON.stringify({ __type: "ValidationException", message: "no", item: "answered-secret" }))
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const lines = await logOf(
    `import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb"
    const client = new DynamoDBClient({ endpoint: "${endpoint}", maxAttempts: 1 })
    const Item = { pk: { S: "sent-secret" } }
    await client.send(new PutItemCommand({ TableName: "t", Item })).catch((fault) => logFault("code", "R1", fault))
    const sent = { method: "POST", body: "sent-secret", headers: { authorization: "sent-secret" } }
    await fetch("http://127.0.0.1:1/", sent).catch((fault) => logFault("code", "R2", fault))`,
    { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "none", AWS_SECRET_ACCESS_KEY: "none" },
  )
  server.close()
  const faults = lines.filter((line) => line.fault !== undefined)
  assert.deepEqual(
    faults.map(({ fault, message }) => [fault, message]),
    [
      ["ValidationException", "no"],
      ["TypeError", "fetch failed"],
    ],
  )
  assert.doesNotMatch(JSON.stringify(lines), /secret/)
})

test("what is thrown on to the runtime is redacted too", async () => {
  const [line] = await logOf(`const fault = redacted(new RangeError("code ${CODE}"))
    console.log(JSON.stringify({ name: fault.name, text: fault.message + fault.stack }))`)
  assert.equal(line?.name, "RangeError")
  assert.doesNotMatch(String(line?.text), /1345678/)
})

test("what happens to a function is counted by its name, and once more for all of them", async () => {
  const [line] = await logOf(`countRare({ event: "Fault", call: "poll" })`)
  const { _aws, ...rest } = line ?? {}
  assert.deepEqual(rest, { call: "poll", Fault: 1 })
  assert.partialDeepStrictEqual(_aws, { CloudWatchMetrics: [{ Dimensions: [["call"], []] }] })
})

test("a rare event is counted under one dimension, in the namespace of the stage or of the setting", async () => {
  const script = `countRare({ event: "BreakerOpen", channel: "wechat" })`
  for (const [environment, Namespace] of [
    [{}, "MetroPay/test"],
    [{ POWERTOOLS_METRICS_NAMESPACE: "Elsewhere" }, "Elsewhere"],
  ] as const) {
    const [line] = await logOf(script, environment)
    const { _aws, ...rest } = line ?? {}
    assert.deepEqual(rest, { channel: "wechat", BreakerOpen: 1 })
    assert.partialDeepStrictEqual(_aws, { CloudWatchMetrics: [{ Namespace, Dimensions: [["channel"]] }] })
  }
})

test("a run through many orders says how many", async () => {
  const lines = await logOf(`logRun("daily", "R1", { orders: 12, notFinal: 1, faults: 0, merchants: 2 }, 30)`)
  assert.deepEqual(timeless(lines), [{ call: "daily", id: "R1", orders: 12, notFinal: 1, faults: 0, ms: 30 }])
})

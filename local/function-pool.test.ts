import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { openClock } from "./clock.ts"
import { FunctionPool, type InvocationOutcome } from "./function-pool.ts"
import { openLogFile } from "./log-file.ts"
import { type RuntimeApi, startRuntimeApi } from "./runtime-api.ts"

const dir = mkdtempSync(join(tmpdir(), "functions-"))
const clock = openClock(join(dir, "clock.json"))
const pools: FunctionPool[] = []
let runtimeApi: RuntimeApi

before(async () => {
  runtimeApi = await startRuntimeApi()
})
after(async () => {
  await Promise.all(pools.map((pool) => pool.close()))
  await runtimeApi.close()
  rmSync(dir, { recursive: true })
})

/** A pool for a function with that source. */
function pool(
  name: string,
  source: string,
  given: { timeoutMs?: number; environment?: Record<string, string> } = {},
) {
  const codeDir = join(dir, name)
  mkdirSync(codeDir)
  writeFileSync(join(codeDir, "index.mjs"), source)
  const { timeoutMs = 3_000, environment = {} } = given
  const arn = `arn:aws:lambda:us-east-1:000000000000:function:${name}`
  const definition = { name, arn, codeDir, handler: "index.handler", timeoutMs, memoryMb: 256, environment }
  const log = openLogFile(join(dir, "logs"), name)
  const made = new FunctionPool(definition, {
    runtimeApi,
    clock,
    log,
    environment: { AWS_REGION: "us-east-1" },
  })
  pools.push(made)
  return {
    pool: made,
    log: async () => {
      await log.close()
      return readFileSync(join(dir, "logs", `${name}.log`), "utf8")
    },
  }
}

function answerOf(outcome: InvocationOutcome): unknown {
  if (outcome.kind !== "answered") assert.fail(`${outcome.why}: ${outcome.errorMessage}`)
  return JSON.parse(outcome.payload)
}

test("gives event, context and the template's variables, and nothing of the platform's own environment", async () => {
  process.env.SECRET_OF_THE_SHELL = "x"
  const source = `export const handler = async (event, context) => ({
    event, env: process.env, id: context.awsRequestId, name: context.functionName, left: context.getRemainingTimeInMillis() })`
  const { pool: echo } = pool("echo", source, { environment: { MAIN_TABLE: "t" } })
  const answer = answerOf(await echo.invoke(JSON.stringify({ a: "中文" }), "request-1")) as {
    event: unknown
    env: Record<string, string>
    id: string
    name: string
    left: number
  }
  delete process.env.SECRET_OF_THE_SHELL
  assert.deepEqual(answer.event, { a: "中文" })
  assert.equal(answer.id, "request-1")
  assert.equal(answer.name, "echo")
  assert.ok(answer.left > 2_000 && answer.left <= 3_000)
  assert.equal(answer.env.MAIN_TABLE, "t")
  assert.equal(answer.env.AWS_LAMBDA_FUNCTION_NAME, "echo")
  assert.equal(answer.env.SECRET_OF_THE_SHELL, undefined)
  assert.equal(answer.env.HOME, undefined)
})

test("serves one invocation at a time in a process, and several side by side", async () => {
  const source = `let busy = 0
    export const handler = async () => {
      busy += 1
      await new Promise((resolve) => setTimeout(resolve, 100))
      return { together: busy--, pid: process.pid }
    }`
  const { pool: slow } = pool("slow", source)
  const answers = (await Promise.all(Array.from({ length: 12 }, () => slow.invoke("{}")))).map(answerOf) as {
    together: number
    pid: number
  }[]
  assert.ok(answers.every(({ together }) => together === 1))
  const pids = new Set(answers.map(({ pid }) => pid))
  assert.ok(pids.size >= 2 && pids.size <= 12, `${pids.size} processes`)
})

test("quick calls are served by a few processes, waiting ones by as many as it takes", async () => {
  const source = `export const handler = (event) => new Promise((resolve) => setTimeout(resolve, event.ms))`
  const { pool: quick } = pool("quick", source)
  await Promise.all(Array.from({ length: 300 }, () => quick.invoke(`{"ms":1}`)))
  assert.ok(quick.processes <= 8, `${quick.processes} processes`)
  const { pool: waiting } = pool("waiting", source)
  await Promise.all(Array.from({ length: 6 }, () => waiting.invoke(`{"ms":800}`)))
  assert.ok(waiting.processes > 3, `${waiting.processes} processes`)
})

test("ends a process whose invocation takes too long, and serves the next one with another", async () => {
  const source = `export const handler = async (event) => {
    if (event.hang === "loop") for (;;) {}
    if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60_000))
    return process.pid
  }`
  const { pool: hanging, log } = pool("hanging", source, { timeoutMs: 300 })
  const first = answerOf(await hanging.invoke("{}"))
  for (const hang of ["wait", "loop"]) {
    const late = await hanging.invoke(JSON.stringify({ hang }))
    assert.equal(late.kind === "failed" && late.why, "timeout")
  }
  assert.notEqual(answerOf(await hanging.invoke("{}")), first)
  assert.match(await log(), /Task timed out after 0\.30 seconds/)
})

test("fails the invocation of a process that dies, and only that one", async () => {
  const source = `export const handler = async (event) => { if (event.die) process.exit(7); return "alive" }`
  const { pool: dying } = pool("dying", source)
  const outcomes = await Promise.all([dying.invoke(`{"die":1}`), dying.invoke("{}"), dying.invoke("{}")])
  const [died, ...others] = outcomes
  assert.equal(died?.kind === "failed" && died.why, "crash")
  assert.deepEqual(others.map(answerOf), ["alive", "alive"])
})

test("gives back what the handler throws, and goes on with the same process", async () => {
  const source = `export const handler = async (event) => { if (event.bad) throw new RangeError("no"); return process.pid }`
  const { pool: throwing } = pool("throwing", source)
  const pid = answerOf(await throwing.invoke("{}"))
  const thrown = await throwing.invoke(`{"bad":1}`)
  assert.deepEqual(thrown, { kind: "failed", why: "error", errorType: "RangeError", errorMessage: "no" })
  assert.equal(answerOf(await throwing.invoke("{}")), pid)
})

test("fails each call of a function that cannot be loaded", async () => {
  const { pool: broken } = pool("broken", `throw new Error("MAIN_TABLE is missing")`)
  const outcomes = await Promise.all([broken.invoke("{}"), broken.invoke("{}")])
  for (const outcome of outcomes) {
    assert.deepEqual(outcome, {
      kind: "failed",
      why: "init",
      errorType: "Error",
      errorMessage: "MAIN_TABLE is missing",
    })
  }
})

test("keeps log lines of several processes whole", async () => {
  const source = `export const handler = async (event) => {
    for (let i = 0; i < 50; i++) { process.stdout.write('{"n":' + event.n + ','); process.stdout.write('"text":"' + "x".repeat(3000) + '"}\\n') }
  }`
  const { pool: talking, log } = pool("talking", source)
  await Promise.all(Array.from({ length: 8 }, (_, n) => talking.invoke(JSON.stringify({ n }))))
  await talking.close()
  const lines = (await log()).trimEnd().split("\n")
  assert.equal(lines.length, 400)
  for (const line of lines) assert.equal((JSON.parse(line) as { text: string }).text.length, 3000)
})

test("functions follow the platform's clock, warm ones and those in the middle of a call too", async () => {
  const source = `export const handler = async (event) => {
    const before = Date.now()
    while (event.until && Date.now() < event.until) await new Promise((resolve) => setTimeout(resolve, 5))
    return { before, now: Date.now(), date: new Date().getTime(), text: new Date(5).toISOString() }
  }`
  const { pool: timely } = pool("timely", source)
  type Told = { before: number; now: number; date: number; text: string }
  const hour = 3_600_000
  const warm = answerOf(await timely.invoke("{}")) as Told
  assert.ok(Math.abs(warm.now - clock.nowMs()) < 5_000)
  const inCall = timely.invoke(JSON.stringify({ until: clock.nowMs() + hour }))
  clock.advance(2 * hour)
  const moved = answerOf(await inCall) as Told
  assert.ok(Math.abs(moved.now - clock.nowMs()) < 5_000)
  const next = answerOf(await timely.invoke("{}")) as Told
  assert.ok(Math.abs(next.before - clock.nowMs()) < 5_000)
  assert.ok(Math.abs(next.date - clock.nowMs()) < 5_000)
  assert.equal(next.text, "1970-01-01T00:00:00.005Z")
})

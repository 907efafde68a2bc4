import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidArn,
  InvalidExecutionInput,
  InvalidName,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StateMachineDoesNotExist,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn"
import { clientOptions } from "./account.ts"
import type { AwsEndpoint } from "./aws-json-endpoint.ts"
import { openClock } from "./clock.ts"
import { clockTimers } from "./clock-timers.ts"
import type { InvocationOutcome } from "./function-pool.ts"
import { openLogFile } from "./log-file.ts"
import { readWorkflow } from "./workflow-definition.ts"
import { type Execution, openWorkflows, type Workflows } from "./workflows.ts"
import { startWorkflowsApi } from "./workflows-api.ts"

const MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:undo-order"
const DAY_MS = 86_400_000
/** Of the shape that is deployed: the function says what comes next. */
const DEFINITION = {
  StartAt: "Step",
  TimeoutSeconds: 82_800,
  States: {
    Step: {
      Type: "Task",
      Resource: "arn:aws:states:::lambda:invoke",
      Parameters: {
        FunctionName: "arn:aws:lambda:us-east-1:000000000000:function:undo",
        "Payload.$": "$",
      },
      OutputPath: "$.Payload",
      Retry: [
        { ErrorEquals: ["Busy", "Lambda.Unknown"], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 2 },
      ],
      Catch: [
        { ErrorEquals: ["Hopeless"], ResultPath: "$.caught", Next: "Given up" },
        { ErrorEquals: ["Tired"], ResultPath: "$.caught", Next: "Rest" },
      ],
      Next: "Is done",
    },
    "Is done": {
      Type: "Choice",
      Choices: [{ Variable: "$.done", BooleanEquals: true, Next: "Done" }],
      Default: "Wait",
    },
    Wait: { Type: "Wait", SecondsPath: "$.waitSeconds", Next: "Step" },
    Rest: { Type: "Wait", Seconds: 600, Next: "Step" },
    Done: { Type: "Succeed" },
    "Given up": { Type: "Fail", Error: "GivenUp", Cause: "nobody can" },
  },
}

const dir = mkdtempSync(join(tmpdir(), "workflows-"))
const clock = openClock(join(dir, "clock.json"))
const timers = clockTimers(clock)
const log = openLogFile(dir, "undo-order")
let workflows: Workflows
let server: AwsEndpoint
let sfn: SFNClient

/** What the function is made to do, by the order's number, and how often it was called. */
const behaviours = new Map<string, (call: number) => object>()
const calls = new Map<string, number>()
const watchers = new Set<() => void>()
const changes: string[] = []

function look(): void {
  for (const watch of watchers) watch()
}

async function invoke(functionName: string, event: string): Promise<InvocationOutcome> {
  assert.equal(functionName, "undo")
  const state = JSON.parse(event) as { tradeNo: string }
  const call = (calls.get(state.tradeNo) ?? 0) + 1
  calls.set(state.tradeNo, call)
  setImmediate(look)
  const behaved = behaviours.get(state.tradeNo)?.(call) ?? { done: true }
  if ("errorType" in behaved) {
    const { errorType, why = "error" } = behaved as { errorType: string; why?: "error" | "crash" }
    return { kind: "failed", why, errorType, errorMessage: "no" }
  }
  return { kind: "answered", payload: JSON.stringify({ ...state, ...behaved }) }
}

/** Resolves when it holds; looked at whenever something happened. */
function until(holds: () => boolean): Promise<void> {
  if (holds()) return Promise.resolve()
  return new Promise((resolve) => {
    const watch = () => {
      if (!holds()) return
      watchers.delete(watch)
      resolve()
    }
    watchers.add(watch)
  })
}

before(async () => {
  const definition = readWorkflow({ name: "undo-order", arn: MACHINE }, JSON.stringify(DEFINITION))
  const changed = ({ name, status }: Readonly<Execution>) => {
    changes.push(`${name} ${status}`)
    setImmediate(look)
  }
  workflows = openWorkflows([definition], { clock, timers, invoke, speed: 1, logOf: () => log, changed })
  server = await startWorkflowsApi(workflows)
  sfn = new SFNClient(clientOptions(server.url, { accessKeyId: "a", secretAccessKey: "b" }))
})
after(async () => {
  workflows.close()
  timers.close()
  sfn.destroy()
  await server.close()
  await log.close()
  rmSync(dir, { recursive: true })
})

async function start(name: string, behaviour?: (call: number) => object): Promise<string> {
  if (behaviour) behaviours.set(name, behaviour)
  const input = JSON.stringify({ tradeNo: name, generation: 1 })
  const { executionArn = "" } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn: MACHINE, name, input }),
  )
  return executionArn
}

const describe = (executionArn: string) => sfn.send(new DescribeExecutionCommand({ executionArn }))
const ended = (name: string, status: string) => until(() => changes.includes(`${name} ${status}`))
/** Its wait has begun: nothing happens any more until the clock moves. */
async function waiting(name: string, call = 1): Promise<void> {
  await until(() => calls.get(name) === call)
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}

test("an execution runs to its end and tells input, output and times", async () => {
  const executionArn = await start("plain")
  await ended("plain", "SUCCEEDED")
  assert.equal(executionArn, `${MACHINE.replace("stateMachine", "execution")}:plain`)
  const { status, input, output, startDate, stopDate, stateMachineArn } = await describe(executionArn)
  assert.equal(status, "SUCCEEDED")
  assert.equal(stateMachineArn, MACHINE)
  assert.equal(input, '{"tradeNo":"plain","generation":1}')
  assert.deepEqual(JSON.parse(output ?? ""), { tradeNo: "plain", generation: 1, done: true })
  assert.ok(startDate && stopDate && stopDate >= startDate)
  assert.deepEqual(
    changes.filter((each) => each.startsWith("plain")),
    ["plain RUNNING", "plain SUCCEEDED"],
  )
})

test("a wait ends when the clock is moved past it, hundreds at once", async () => {
  const names = Array.from({ length: 300 }, (_, n) => `waits${n}`)
  const behaviour = (call: number) => (call === 1 ? { done: false, waitSeconds: 3600 } : { done: true })
  const [first = ""] = await Promise.all(names.map((name) => start(name, behaviour)))
  await Promise.all(names.map((name) => waiting(name)))
  assert.equal((await describe(first)).status, "RUNNING")
  clock.advance(3_600_000)
  await Promise.all(names.map((name) => ended(name, "SUCCEEDED")))
  const { executions = [], nextToken } = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: MACHINE, statusFilter: "SUCCEEDED", maxResults: 250 }),
  )
  assert.equal(executions.length, 250)
  const rest = await sfn.send(
    new ListExecutionsCommand({ stateMachineArn: MACHINE, statusFilter: "SUCCEEDED", nextToken }),
  )
  assert.ok((rest.executions?.length ?? 0) >= 50)
  assert.equal(rest.nextToken, undefined)
})

test("a name is the same execution while it runs with the same input, and taken otherwise", async () => {
  const executionArn = await start("named", () => ({ done: false, waitSeconds: 60 }))
  assert.equal(await start("named"), executionArn)
  assert.equal(calls.get("named"), 1)
  const again = (input: string) =>
    sfn.send(new StartExecutionCommand({ stateMachineArn: MACHINE, name: "named", input }))
  await assert.rejects(again("{}"), ExecutionAlreadyExists)
  await sfn.send(new StopExecutionCommand({ executionArn, error: "Enough", cause: "of it" }))
  const { status, error, cause } = await describe(executionArn)
  assert.deepEqual([status, error, cause], ["ABORTED", "Enough", "of it"])
  await assert.rejects(start("named"), ExecutionAlreadyExists)
  clock.advance(89 * DAY_MS)
  await assert.rejects(start("named"), ExecutionAlreadyExists)
  clock.advance(2 * DAY_MS)
  await assert.rejects(describe(executionArn), ExecutionDoesNotExist)
  behaviours.delete("named")
  assert.equal(await start("named"), executionArn)
  await ended("named", "SUCCEEDED")
})

test("a retried error waits on the platform's clock, longer each time, and begins anew once it went well", async () => {
  const plan = [
    { errorType: "Busy" },
    { errorType: "Crashed", why: "crash" },
    { done: false, waitSeconds: 0 },
  ]
  await start("retried", (call) => [...plan, ...plan][call - 1] ?? { done: true })
  for (const [call, seconds] of [
    [1, 2],
    [2, 4],
    [4, 2],
    [5, 4],
  ] as const) {
    await waiting("retried", call)
    clock.advance(seconds * 1000 - 500)
    await waiting("retried", call)
    clock.advance(1_000)
  }
  await ended("retried", "SUCCEEDED")
  assert.equal(calls.get("retried"), 7)
})

test("an error that is retried no more fails the execution under the name that the function threw", async () => {
  const executionArn = await start("busy", () => ({ errorType: "Busy" }))
  for (const call of [1, 2]) {
    await waiting("busy", call)
    clock.advance(10_000)
  }
  await ended("busy", "FAILED")
  const { status, error, cause, output } = await describe(executionArn)
  assert.deepEqual([status, error, output], ["FAILED", "Busy", undefined])
  assert.deepEqual(JSON.parse(cause ?? ""), { errorType: "Busy", errorMessage: "no" })
  assert.equal(calls.get("busy"), 3)
  assert.match(readFileSync(join(dir, "undo-order.log"), "utf8"), /"execution":"busy","state":"Step"/)
})

test("an error is caught by its name", async () => {
  const executionArn = await start("hopeless", () => ({ errorType: "Hopeless" }))
  await ended("hopeless", "FAILED")
  const { error, cause } = await describe(executionArn)
  assert.deepEqual([error, cause], ["GivenUp", "nobody can"])
})

test("a caught error may be waited out, for a time that the definition fixes", async () => {
  const executionArn = await start("tired", (call) => (call === 1 ? { errorType: "Tired" } : { done: true }))
  await waiting("tired")
  assert.equal((await describe(executionArn)).status, "RUNNING")
  clock.advance(600_000)
  await ended("tired", "SUCCEEDED")
  const { caught } = JSON.parse((await describe(executionArn)).output ?? "") as {
    caught?: { Error?: string }
  }
  assert.equal(caught?.Error, "Tired")
})

test("seconds that are none fail the execution instead of waiting for ever", async () => {
  for (const waitSeconds of [1.5, -1, "60", undefined]) {
    const name = `strange-${waitSeconds}`
    const executionArn = await start(name, () => ({ done: false, waitSeconds }))
    await ended(name, "FAILED")
    assert.equal((await describe(executionArn)).error, "States.Runtime")
  }
})

test("an execution runs out of time by the platform's clock", async () => {
  const executionArn = await start("slow", () => ({ done: false, waitSeconds: 80_000 }))
  await waiting("slow")
  clock.advance(81_000_000)
  await waiting("slow", 2)
  assert.equal((await describe(executionArn)).status, "RUNNING")
  clock.advance(2_000_000)
  await ended("slow", "TIMED_OUT")
  assert.equal((await describe(executionArn)).status, "TIMED_OUT")
  clock.advance(200_000_000)
  assert.equal(calls.get("slow"), 2)
})

test("what does not exist or cannot be read is refused by the SDK's names", async () => {
  const send = (given: { stateMachineArn?: string; name?: string; input?: string }) =>
    sfn.send(new StartExecutionCommand({ stateMachineArn: MACHINE, ...given }))
  await assert.rejects(send({ stateMachineArn: `${MACHINE}x` }), StateMachineDoesNotExist)
  await assert.rejects(send({ stateMachineArn: "undo-order" }), InvalidArn)
  await assert.rejects(send({ name: "a b" }), InvalidName)
  await assert.rejects(send({ name: "x".repeat(81) }), InvalidName)
  await assert.rejects(send({ input: "{" }), InvalidExecutionInput)
  await assert.rejects(
    describe(`${MACHINE.replace("stateMachine", "execution")}:nobody`),
    ExecutionDoesNotExist,
  )
})

for (const [what, change, says] of [
  ["JSONata", { QueryLanguage: "JSONata" }, /JSONata is not known/],
  ["a Parallel", { States: { P: { Type: "Parallel" } } }, /state P of type Parallel is not known/],
  [
    "a Map over objects of a bucket",
    { States: { M: { Type: "Map", ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED" } } } } },
    /mode DISTRIBUTED of the state M is not known/,
  ],
  [
    "what is not known within a Map",
    { States: { M: { Type: "Map", ItemProcessor: { States: { P: { Type: "Parallel" } } } } } },
    /state P of type Parallel is not known/,
  ],
  ["variables", { States: { P: { Type: "Pass", Assign: {} } } }, /field Assign of the state P is not known/],
  [
    "a service",
    { States: { S: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage" } } },
    /resource arn:aws:states:::sqs:sendMessage of the state S is not known/,
  ],
] as const) {
  test(`${what} in a definition ends the start by name`, () => {
    const text = JSON.stringify({ ...DEFINITION, ...change })
    assert.throws(() => readWorkflow({ name: "undo-order", arn: MACHINE }, text), says)
  })
}

test("a definition that is no valid one ends the start by name", () => {
  const States = { ...DEFINITION.States, Wait: { Type: "Wait", Seconds: 1, Next: "Nowhere" } }
  const given = readWorkflow({ name: "undo-order", arn: MACHINE }, JSON.stringify({ ...DEFINITION, States }))
  assert.throws(
    () => openWorkflows([given], { clock, timers, invoke, speed: 1, logOf: () => log, changed: () => {} }),
    /undo-order: State machine definition is invalid/,
  )
})

test("a Map's items run side by side, and each is tried again for itself", async () => {
  const task = {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    OutputPath: "$.Payload",
    End: true,
  }
  const Retry = [{ ErrorEquals: ["States.ALL"], MaxAttempts: 2, IntervalSeconds: 1 }]
  const Parameters = { FunctionName: "each", "Payload.$": "$" }
  const text = JSON.stringify({
    StartAt: "All",
    States: {
      All: {
        Type: "Map",
        ItemsPath: "$.items",
        MaxConcurrency: 3,
        ItemProcessor: { StartAt: "Each", States: { Each: { ...task, Parameters, Retry } } },
        End: true,
      },
    },
  })
  const arn = MACHINE.replace("undo-order", "each")
  const tries = new Map<string, number>()
  const over = Promise.withResolvers<string | undefined>()
  const all = openWorkflows([readWorkflow({ name: "each", arn }, text)], {
    clock,
    timers,
    speed: 1_000,
    logOf: () => log,
    changed: ({ status, output }) => {
      if (status !== "RUNNING") over.resolve(output)
    },
    async invoke(functionName, item) {
      assert.equal(functionName, "each")
      tries.set(item, (tries.get(item) ?? 0) + 1)
      const fails = Number(item) > 1 && (tries.get(item) ?? 0) < 3
      if (fails) return { kind: "failed", why: "error", errorType: "Broken", errorMessage: "no" }
      return { kind: "answered", payload: JSON.stringify(Number(item) * 10) }
    },
  })
  all.start({ stateMachineArn: arn, input: '{"items":[1,2,3]}' })
  assert.equal(await over.promise, "[10,20,30]")
  assert.deepEqual(Object.fromEntries(tries), { 1: 1, 2: 3, 3: 3 })
  all.close()
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions"
import { templatesOf } from "./test-templates.ts"

const { workers } = templatesOf({ stage: "production" })
const FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:makebills"
const definition = definitionIn()

type Payload = { step: string; day?: string; chunk?: string; partition?: number } & Record<string, unknown>

function definitionIn(): StateMachineDefinition {
  const [machine] = Object.values(
    workers.findResources("AWS::StepFunctions::StateMachine", {
      Properties: { StateMachineName: "MetroPay-production-daily-bills" },
    }),
  )
  assert.ok(machine)
  const [separator, parts] = machine.Properties.DefinitionString["Fn::Join"] as [
    string,
    (string | { Ref?: string })[],
  ]
  const text = parts.map((part) =>
    typeof part === "string" ? part : part.Ref === "AWS::Partition" ? "aws" : FUNCTION,
  )
  return JSON.parse(text.join(separator))
}

/** Runs the definition with `step` in the function's place; gives what it was called with. */
async function run(step: (payload: Payload) => object) {
  const payloads: Payload[] = []
  const call = async (parameters: unknown) => {
    const { FunctionName, Payload } = parameters as { FunctionName: string; Payload: Payload }
    assert.equal(FunctionName, FUNCTION)
    payloads.push(Payload)
    return { StatusCode: 200, Payload: step(Payload) as Record<string, string> }
  }
  const names = ["Plan", "ScatterChunk", "MakePartition", "Finish"]
  const execution = new StateMachine(definition).run(
    { run: "20260201-1", day: "" },
    {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(names.map((name) => [name, call])),
        retryIntervalOverrides: Object.fromEntries(names.map((name) => [name, 0])),
      },
    },
  )
  return { payloads, result: await execution.result.then(() => "done").catch((fault) => String(fault)) }
}

const PLANS: Record<string, object> = {
  "": { day: "20260130", startedAtMs: 1, partitions: 2, numbers: [0, 1], chunks: ["a", "b"], done: false },
  "20260130": { day: "20260131", startedAtMs: 2, partitions: 1, numbers: [0], chunks: [], done: false },
  "20260131": { done: true },
}
const answers = ({ step, day = "", run }: Payload): object =>
  step === "plan" ? { run, ...PLANS[day] } : step === "finish" ? { run, day } : {}

test("one day after another: all its chunks, then all its partitions, until nothing is missing", async () => {
  const { payloads, result } = await run(answers)
  assert.equal(result, "done")
  assert.deepEqual(
    payloads.map(({ step, day, chunk, partition }) => [step, day, chunk ?? partition]),
    [
      ["plan", "", undefined],
      ["scatter", "20260130", "a"],
      ["scatter", "20260130", "b"],
      ["make", "20260130", 0],
      ["make", "20260130", 1],
      ["finish", "20260130", undefined],
      ["plan", "20260130", undefined],
      ["make", "20260131", 0],
      ["finish", "20260131", undefined],
      ["plan", "20260131", undefined],
    ],
  )
  assert.ok(payloads.every((it) => it.run === "20260201-1"))
  assert.deepEqual(payloads[3], {
    step: "make",
    run: "20260201-1",
    day: "20260130",
    partitions: 2,
    startedAtMs: 1,
    partition: 0,
  })
})

test("a partition that goes on failing is left out, and the day is finished", async () => {
  const { payloads, result } = await run((payload) => {
    if (payload.step === "make" && payload.partition === 1) throw new Error("broken")
    return answers(payload)
  })
  assert.equal(result, "done")
  assert.equal(payloads.filter(({ partition }) => partition === 1).length, 7)
  assert.equal(payloads.filter(({ step }) => step === "finish").length, 2)
})

test("a chunk that cannot be sorted ends the run before any bill is made of half the lines", async () => {
  const { payloads, result } = await run((payload) => {
    if (payload.chunk === "b") throw new Error("broken")
    return answers(payload)
  })
  assert.match(result, /broken|Execution/)
  assert.deepEqual(
    payloads.filter(({ step }) => step === "make" || step === "finish"),
    [],
  )
})

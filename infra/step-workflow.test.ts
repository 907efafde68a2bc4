import assert from "node:assert/strict"
import { test } from "node:test"
import { Match, type Template } from "aws-cdk-lib/assertions"
import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions"
import { templatesOf } from "./test-templates.ts"
import { STEP_WORKFLOWS } from "./workflow-names.ts"

const { workers } = templatesOf({ stage: "production" })

type State = {
  Type: string
  Resource?: string
  Next?: string
  Default?: string
  Choices?: { Next: string }[]
  Catch?: { Next: string }[]
  End?: boolean
}
type Definition = {
  StartAt: string
  TimeoutSeconds: number
  QueryLanguage?: string
  States: Record<string, State>
}

const UNDO_FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:undo"
const definition = definitionIn(workers)

test("the workflow calls functions by lambda:invoke only, and no other than the one that undoes", () => {
  const tasks = Object.values(definition.States).filter(({ Type }) => Type === "Task")
  assert.deepEqual(
    tasks.map(({ Resource }) => Resource),
    ["arn:aws:states:::lambda:invoke"],
  )
  const [, parts] = definitionString(workers)
  const functions = parts.flatMap((part) => (typeof part === "object" && "Fn::GetAtt" in part ? [part] : []))
  assert.deepEqual(
    functions.map((it) => it["Fn::GetAtt"]?.[0]?.replace(/[0-9A-F]{8}$/, "")),
    ["UndoFunction"],
  )
})

test("the definition is JSONPath, which is all that one machine can run", () => {
  assert.equal(definition.QueryLanguage, undefined)
  assert.doesNotMatch(JSON.stringify(definition), /"(QueryLanguage|Arguments|Assign|Output)"|\{%/)
})

test("from every state a path leads to the end, and none leads nowhere", () => {
  for (const name of Object.keys(definition.States)) {
    const reached = new Set([name])
    for (const at of reached) for (const next of nextOf(definition, at)) reached.add(next)
    assert.ok(
      [...reached].some((at) => definition.States[at]?.Type === "Succeed"),
      name,
    )
  }
})

test("an execution ends after 23 hours, and a step that fails is tried six more times, further and further apart", () => {
  assert.equal(definition.TimeoutSeconds, 23 * 3600)
  const { Retry } = definition.States.Step as State & { Retry: unknown }
  assert.deepEqual(Retry, [
    {
      ErrorEquals: [
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "States.TaskFailed",
      ],
      IntervalSeconds: 2,
      BackoffRate: 2,
      MaxDelaySeconds: 60,
      JitterStrategy: "FULL",
      MaxAttempts: 6,
    },
  ])
})

test("each step gets what the one before answered, until one says done", async () => {
  const answers = [
    { tradeNo: "1", generation: 1, tries: 1, done: false, waitSeconds: 5 },
    { tradeNo: "1", generation: 1, tries: 2, done: false, waitSeconds: 7 },
    { tradeNo: "1", generation: 1, done: true, waitSeconds: 0 },
  ]
  const { payloads, result } = run({ tradeNo: "1", generation: 1 }, async (step) => answers[step] ?? {})
  assert.deepEqual(await result, answers[2])
  assert.deepEqual(payloads, [{ tradeNo: "1", generation: 1 }, answers[0], answers[1]])
})

test("a step that goes on failing is left alone for ten minutes and tried on, with what it knew", async () => {
  const { payloads, result } = run({ tradeNo: "1", generation: 1 }, async (step) => {
    if (step < 7) throw new Error("the function broke")
    return { tradeNo: "1", generation: 1, done: true, waitSeconds: 0 }
  })
  assert.deepEqual(await result, { tradeNo: "1", generation: 1, done: true, waitSeconds: 0 })
  assert.equal(payloads.length, 8)
  assert.deepEqual(
    { ...(payloads[7] as object), fault: undefined },
    { tradeNo: "1", generation: 1, fault: undefined },
  )
  assert.equal((definition.States.WaitOut as State & { Seconds: number }).Seconds, 600)
})

test("an answer that does not say whether it is done fails the execution rather than going on for ever", async () => {
  const { payloads, result } = run({ tradeNo: "1", generation: 1 }, async () => ({ tradeNo: "1" }))
  await assert.rejects(result)
  assert.equal(payloads.length, 1)
})

test("errors are logged, without what orders are about, for as long as the settings say", () => {
  const { workers: kept } = templatesOf({ stage: "production", logDays: 30 })
  kept.hasResourceProperties("AWS::StepFunctions::StateMachine", {
    StateMachineName: "MetroPay-production-undo-order",
    StateMachineType: Match.absent(),
    LoggingConfiguration: {
      Level: "ERROR",
      IncludeExecutionData: false,
      Destinations: [
        {
          CloudWatchLogsLogGroup: {
            LogGroupArn: { "Fn::GetAtt": [Match.stringLikeRegexp("^UndoWorkflowLog"), "Arn"] },
          },
        },
      ],
    },
  })
  kept.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 30 })
})

test("it is traced where the settings say so", () => {
  for (const tracing of [true, false]) {
    const { workers: stack } = templatesOf({ stage: "test", tracing })
    stack.hasResourceProperties("AWS::StepFunctions::StateMachine", {
      TracingConfiguration: { Enabled: tracing },
    })
  }
})

test("what functions start by name is the workflow that there is", () => {
  const arnOf = (name: string) => ({
    "Fn::Join": [
      "",
      [
        "arn:",
        { Ref: "AWS::Partition" },
        ":states:",
        { Ref: "AWS::Region" },
        ":",
        { Ref: "AWS::AccountId" },
        `:stateMachine:MetroPay-production-${name}`,
      ],
    ],
  })
  for (const name of STEP_WORKFLOWS)
    workers.hasResourceProperties("AWS::StepFunctions::StateMachine", {
      StateMachineName: `MetroPay-production-${name}`,
    })
  workers.allResourcesProperties("AWS::Lambda::Function", {
    Environment: {
      Variables: {
        UNDO_WORKFLOW_ARN: arnOf("undo-order"),
        REFUND_WORKFLOW_ARN: arnOf("finish-refund"),
      },
    },
  })
})

test("a refund is seen to its end as an undoing is, by a function of its own", () => {
  const others = (text: string) => text.replace(/"Comment":"[^"]*"/, "")
  const [undoing, refunding] = STEP_WORKFLOWS.map((name) => definitionString(workers, name)[1])
  assert.deepEqual(
    refunding?.map((part) => (typeof part === "string" ? others(part) : Object.keys(part))),
    undoing?.map((part) => (typeof part === "string" ? others(part) : Object.keys(part))),
  )
  const called = refunding?.find((part) => typeof part === "object" && "Fn::GetAtt" in part)
  assert.match(JSON.stringify(called), /FinishrefundFunction/)
})

type Part = string | { Ref?: string; "Fn::GetAtt"?: string[] }

function definitionString(template: Template, name = "undo-order"): [separator: string, parts: Part[]] {
  const StateMachineName = `MetroPay-production-${name}`
  const [machine] = Object.values(
    template.findResources("AWS::StepFunctions::StateMachine", { Properties: { StateMachineName } }),
  )
  return machine?.Properties.DefinitionString["Fn::Join"]
}

/** As Step Functions gets it in a region of the global partition. */
function definitionIn(template: Template): Definition {
  const [separator, parts] = definitionString(template)
  const text = parts.map((part) => {
    if (typeof part === "string") return part
    return part.Ref === "AWS::Partition" ? "aws" : UNDO_FUNCTION
  })
  return JSON.parse(text.join(separator))
}

function nextOf({ States }: Definition, name: string): string[] {
  const state = States[name]
  assert.ok(state, `${name} does not exist`)
  const further = [...(state.Choices ?? []), ...(state.Catch ?? [])].map((it) => it.Next)
  const next = [state.Next, state.Default, ...further]
  const found = next.filter((it) => it !== undefined)
  assert.equal(found.length === 0, state.Type === "Succeed" || state.Type === "Fail", `${name} leads nowhere`)
  return found
}

type Answer = Record<string, string | number | boolean>

/** Runs the definition without its waits, with `step` in the function's place. */
function run(input: { tradeNo: string; generation: number }, step: (count: number) => Promise<Answer>) {
  const payloads: unknown[] = []
  const machine = new StateMachine(definition as StateMachineDefinition)
  const execution = machine.run(input, {
    overrides: {
      taskResourceLocalHandlers: {
        Step: async (call) => {
          const { FunctionName, Payload } = call as { FunctionName: string; Payload: unknown }
          assert.equal(FunctionName, UNDO_FUNCTION)
          payloads.push(Payload)
          return { StatusCode: 200, Payload: await step(payloads.length - 1) }
        },
      },
      waitTimeOverrides: { Wait: 0, WaitOut: 0 },
      retryIntervalOverrides: { Step: 0 },
    },
  })
  return { payloads, result: execution.result }
}

import { ExecutionError, StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions"
import type { PlatformClock } from "./clock.ts"
import type { ClockTimers } from "./clock-timers.ts"
import type { InvocationOutcome } from "./function-pool.ts"
import { type RetryPauses, retryPauses } from "./retry-pauses.ts"
import {
  allStates,
  functionOfTask,
  type WorkflowDefinition,
  type WorkflowState,
} from "./workflow-definition.ts"

export type WorkflowSurroundings = {
  clock: PlatformClock
  timers: ClockTimers
  invoke(functionName: string, event: string): Promise<InvocationOutcome>
  /** Divides the pauses between tries and the waits of fixed length. Others come with the input, from who divides them. */
  speed: number
}

/** How a run ended; undefined when it was stopped. */
export type WorkflowEnd = { output: string } | { error: string; cause: string } | undefined

export type WorkflowRun = { ended: Promise<WorkflowEnd>; stop(): void }

type Json = Parameters<StateMachine["run"]>[0]
type StateHandler = (input: Json) => Promise<Json>
type RunContext = { Execution: Record<string, unknown>; StateMachine: Record<string, unknown> }

/** Ends an execution whatever its Retry and Catch fields say, by the two marks that the interpreter asks errors for. */
class EndsExecution extends Error {
  readonly isRetryable = false
  readonly isCatchable = false

  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/** What a function or Lambda itself makes of a task: `name` is what Retry and Catch speak of. */
class TaskFault extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/** A task ends States.Timeout after 60 s if nothing is said; this is the longest that a timer of Node's can be set to. */
const LONGEST_S = 2_147_483

/**
 * Prepares a definition to be run any number of times. The interpreter's own waits know only the machine's clock,
 * so that every wait is taken out of its hands: Wait states become tasks, which wait here, and the pause of a retry is waited
 * within the failed task. Throws for a definition that is no valid one.
 */
export function workflowRunner(workflow: WorkflowDefinition, around: WorkflowSurroundings) {
  validate(workflow)
  const tasks = allStates(workflow.states).filter(([, { Type }]) => Type === "Task" || Type === "Wait")
  const machine = new StateMachine(
    { StartAt: workflow.startAt, States: allWithoutTimers(workflow.states) } as StateMachineDefinition,
    { validationOptions: { noValidate: true } },
  )
  const retryIntervalOverrides = Object.fromEntries(tasks.map(([name]) => [name, 0]))

  return (input: Json, context: RunContext, fails: (state: string, error: string) => void): WorkflowRun => {
    const stopping = new AbortController()
    const taskResourceLocalHandlers = Object.fromEntries(
      tasks.map(([name, state]) => [name, handlerOf(state, around, stopping.signal)]),
    )
    const { result, abort, eventLogs } = machine.run(input, {
      overrides: { taskResourceLocalHandlers, retryIntervalOverrides },
      context,
    })
    void tellFailures(eventLogs, fails)
    return {
      ended: endOf(result),
      stop() {
        stopping.abort(new EndsExecution("Stopped", "The execution is stopped"))
        abort()
      },
    }
  }
}

function validate({ name, startAt, states }: WorkflowDefinition): void {
  try {
    new StateMachine({ StartAt: startAt, States: states } as StateMachineDefinition)
  } catch (fault) {
    throw new Error(`${name}: ${(fault as Error).message.replaceAll(/\s+/g, " ")}`)
  }
}

async function endOf(result: Promise<Json>): Promise<WorkflowEnd> {
  try {
    return { output: JSON.stringify(await result) }
  } catch (fault) {
    if (!(fault instanceof ExecutionError)) return undefined
    const { name, message } = fault.cause as Error
    return { error: name, cause: message }
  }
}

type Events = ReturnType<StateMachine["run"]>["eventLogs"]

/** Reads all events, since the interpreter keeps them until somebody does. */
async function tellFailures(events: Events, fails: (state: string, error: string) => void): Promise<void> {
  for await (const event of events) if (event.type === "StateFailed") fails(event.state.name, event.Error)
}

function allWithoutTimers(states: WorkflowDefinition["states"]): Record<string, WorkflowState> {
  return Object.fromEntries(Object.entries(states).map(([name, state]) => [name, withoutTimers(state)]))
}

function withoutTimers(state: WorkflowState): WorkflowState {
  const { ItemProcessor } = state
  if (ItemProcessor) {
    return { ...state, ItemProcessor: { ...ItemProcessor, States: allWithoutTimers(ItemProcessor.States) } }
  }
  if (state.Type === "Task") return { ...state, TimeoutSeconds: LONGEST_S }
  if (state.Type !== "Wait") return state
  const { Seconds, SecondsPath, Timestamp, TimestampPath, ...rest } = state
  return {
    ...rest,
    Type: "Task",
    TimeoutSeconds: LONGEST_S,
    Parameters: {
      "input.$": "$",
      ...(Seconds !== undefined && { seconds: Seconds }),
      ...(SecondsPath !== undefined && { "seconds.$": SecondsPath }),
      ...(Timestamp !== undefined && { timestamp: Timestamp }),
      ...(TimestampPath !== undefined && { "timestamp.$": TimestampPath }),
    },
  }
}

function handlerOf(state: WorkflowState, around: WorkflowSurroundings, signal: AbortSignal): StateHandler {
  return state.Type === "Wait" ? waiting(state, around, signal) : calling(state, around, signal)
}

function waiting(state: WorkflowState, around: WorkflowSurroundings, signal: AbortSignal): StateHandler {
  const { clock, timers } = around
  const divisor = state.Seconds === undefined ? 1 : around.speed
  return async (given) => {
    const { input, seconds, timestamp } = given as { input: Json; seconds?: Json; timestamp?: Json }
    const ms =
      timestamp === undefined ? Number(seconds) * 1000 : Date.parse(String(timestamp)) - clock.nowMs()
    const readable = timestamp === undefined ? Number.isInteger(seconds) && ms >= 0 : !Number.isNaN(ms)
    if (!readable || ms >= LONGEST_S * 1000) {
      const what = JSON.stringify(timestamp ?? seconds)
      throw new EndsExecution("States.Runtime", `${what} is nothing that can be waited for`)
    }
    await timers.sleep(ms / divisor, signal)
    return input
  }
}

function calling(state: WorkflowState, around: WorkflowSurroundings, signal: AbortSignal): StateHandler {
  const functionName = functionOfTask(state)
  // A Map has the same state run for several items at a time: each counts its own tries, and goes by what it sends.
  const underWay = new Map<string, RetryPauses>()
  return async (parameters) => {
    signal.throwIfAborted()
    const { Payload = {} } = parameters as { Payload?: Json }
    const payload = JSON.stringify(Payload)
    const pauses = underWay.get(payload) ?? retryPauses(state.Retry)
    underWay.set(payload, pauses)
    const outcome = await around.invoke(functionName, payload)
    if (outcome.kind === "answered") {
      underWay.delete(payload)
      return { ExecutedVersion: "$LATEST", Payload: JSON.parse(outcome.payload) as Json, StatusCode: 200 }
    }
    const fault = faultOf(outcome)
    const pauseMs = pauses.after(fault.name)
    if (pauseMs === undefined) underWay.delete(payload)
    if (pauseMs !== undefined) await around.timers.sleep(pauseMs / around.speed, signal)
    throw fault
  }
}

/**
 * A function's error has the name that it threw. What Lambda has no name for is Lambda.Unknown: time-outs, too little memory,
 * ends of the process. https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
 */
function faultOf({
  why,
  errorType,
  errorMessage,
}: Extract<InvocationOutcome, { kind: "failed" }>): TaskFault {
  const named = why === "error" || why === "init"
  return new TaskFault(named ? errorType : "Lambda.Unknown", JSON.stringify({ errorType, errorMessage }))
}

import { randomUUID } from "node:crypto"
import { AwsRefusal } from "./aws-json-endpoint.ts"
import type { LogFile } from "./log-file.ts"
import type { WorkflowDefinition } from "./workflow-definition.ts"
import { type WorkflowRun, type WorkflowSurroundings, workflowRunner } from "./workflow-run.ts"

export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED"

export type Execution = {
  executionArn: string
  stateMachineArn: string
  name: string
  status: ExecutionStatus
  /** JSON, as it was given. */
  input: string
  startMs: number
  stopMs?: number
  /** JSON; there when it succeeded. */
  output?: string
  /** There when it failed, was aborted or ran out of time. */
  error?: string
  cause?: string
}

export type WorkflowsSurroundings = WorkflowSurroundings & {
  logOf(workflowName: string): LogFile
  /** Told each execution as it starts and as it ends. */
  changed(execution: Readonly<Execution>): void
}

/** State machines and their executions, which live in memory only. Throws AwsRefusals by the names of the SDK. */
export type Workflows = {
  start(given: { stateMachineArn: string; name?: string; input?: string }): Readonly<Execution>
  find(executionArn: string): Readonly<Execution>
  /** The newest first. */
  list(stateMachineArn: string): Readonly<Execution>[]
  /** Ends a running execution ABORTED; one that has ended stays as it is. */
  abort(executionArn: string, why: { error?: string; cause?: string }): Readonly<Execution>
  /** Ends all runs without a trace: nobody hears of them as failed. */
  close(): void
}

/** So long an execution that ended is known and its name is taken. */
const KEPT_MS = 90 * 86_400_000
/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u

type Running = { execution: Execution; run?: WorkflowRun; stopTimer?: () => void }

export function openWorkflows(
  definitions: readonly WorkflowDefinition[],
  around: WorkflowsSurroundings,
): Workflows {
  const { clock } = around
  const machines = new Map(definitions.map((each) => [each.arn, machineOf(each, around)]))
  const machineAt = (arn: string) => {
    const machine = machines.get(arn)
    if (!machine) throw new AwsRefusal("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`)
    return machine
  }
  const executions = new Map<string, Running>()
  const known = (arn: string) => {
    const found = executions.get(arn)
    if (found?.execution.stopMs === undefined || found.execution.stopMs + KEPT_MS > clock.nowMs())
      return found
    executions.delete(arn)
    return undefined
  }
  const existing = (arn: string) => {
    const found = known(arn)
    if (!found) throw new AwsRefusal("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`)
    return found
  }
  return {
    start({ stateMachineArn, name = randomUUID(), input = "{}" }) {
      const machine = machineAt(stateMachineArn)
      if (!NAME.test(name)) throw new AwsRefusal("InvalidName", `Invalid Name: '${name}'`)
      const executionArn = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`
      const taken = known(executionArn)?.execution
      if (taken?.status === "RUNNING" && taken.input === input) return taken
      if (taken) throw new AwsRefusal("ExecutionAlreadyExists", `Execution Already Exists: '${executionArn}'`)
      const startMs = clock.nowMs()
      const execution = { executionArn, stateMachineArn, name, status: "RUNNING" as const, input, startMs }
      const running = machine(execution)
      executions.set(executionArn, running)
      return running.execution
    },
    find: (executionArn) => existing(executionArn).execution,
    list(stateMachineArn) {
      machineAt(stateMachineArn)
      const all = [...executions.keys()].map((arn) => known(arn)?.execution)
      const own = all.filter((each) => each !== undefined && each.stateMachineArn === stateMachineArn)
      return (own as Execution[]).sort((one, other) => other.startMs - one.startMs)
    },
    abort(executionArn, why) {
      const running = existing(executionArn)
      end(running, { status: "ABORTED", ...why }, around)
      return running.execution
    },
    close() {
      for (const { run, stopTimer } of executions.values()) {
        stopTimer?.()
        run?.stop()
      }
    },
  }
}

/** Starts executions of one definition. */
function machineOf(definition: WorkflowDefinition, around: WorkflowsSurroundings) {
  const { clock, timers, logOf, changed } = around
  const runIn = workflowRunner(definition, around)
  const log = logOf(definition.name)
  return (execution: Execution): Running => {
    const running: Running = { execution }
    const input = inputOf(execution)
    const { executionArn, name, startMs } = execution
    const context = {
      Execution: { Id: executionArn, Name: name },
      StateMachine: { Id: definition.arn, Name: definition.name },
    }
    changed(execution)
    const run = runIn(input, context, (state, error) =>
      log.line(JSON.stringify({ time: clock.nowMs(), execution: name, state, error })),
    )
    running.run = run
    void run.ended.then((how) => {
      if (how) end(running, { status: "output" in how ? "SUCCEEDED" : "FAILED", ...how }, around)
    })
    if (definition.timeoutMs !== undefined) {
      running.stopTimer = timers.at(startMs + definition.timeoutMs, () =>
        end(running, { status: "TIMED_OUT", error: "States.Timeout" }, around),
      )
    }
    return running
  }
}

function inputOf({ input }: Execution) {
  try {
    return JSON.parse(input)
  } catch {
    throw new AwsRefusal("InvalidExecutionInput", "Invalid State Machine Execution Input: it is no JSON")
  }
}

type End = Pick<Execution, "status" | "output" | "error" | "cause">

/** Once: whatever comes first decides. */
function end(running: Running, how: End, { clock, changed }: WorkflowsSurroundings): void {
  const { execution, run, stopTimer } = running
  if (execution.status !== "RUNNING") return
  Object.assign(execution, how, { stopMs: clock.nowMs() })
  delete running.run
  stopTimer?.()
  run?.stop()
  changed(execution)
}

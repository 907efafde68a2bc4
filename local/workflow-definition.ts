/** A Step Functions definition as far as this machine can run it; whatever else it says ends the start, by name. */

export type Retrier = {
  ErrorEquals: string[]
  IntervalSeconds?: number
  MaxAttempts?: number
  BackoffRate?: number
  MaxDelaySeconds?: number
}

export type WorkflowState = {
  Type: string
  Retry?: Retrier[]
  Parameters?: Record<string, unknown>
  /** What a Map does with each item. */
  ItemProcessor?: { States: Readonly<Record<string, WorkflowState>> } & Record<string, unknown>
  [field: string]: unknown
}

export type WorkflowDefinition = {
  name: string
  arn: string
  /** After which an execution ends TIMED_OUT; undefined: never. */
  timeoutMs: number | undefined
  startAt: string
  states: Readonly<Record<string, WorkflowState>>
}

const EVERYWHERE = ["Type", "Comment", "Next", "End", "InputPath", "OutputPath", "QueryLanguage"]
/**
 * The fields that are run as Step Functions runs them. Variables (Assign) and JSONata would be left unread without a word,
 * time-outs of a task would end by the machine's clock: the function's own time-out does.
 */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Task: ["Resource", "Parameters", "ResultSelector", "ResultPath", "Retry", "Catch"],
  Wait: ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"],
  Choice: ["Choices", "Default"],
  Map: [
    "ItemsPath",
    "ItemSelector",
    "ItemProcessor",
    "MaxConcurrency",
    "ResultSelector",
    "ResultPath",
    "Catch",
  ],
  Pass: ["Parameters", "Result", "ResultPath"],
  Succeed: [],
  Fail: ["Error", "Cause", "ErrorPath", "CausePath"],
}
const TOP_FIELDS = ["Comment", "StartAt", "States", "TimeoutSeconds", "Version", "QueryLanguage"]
const LAMBDA_INVOKE = /^arn:aws[a-z-]*:states:::lambda:invoke$/

/** Throws, with the workflow's name and what it is, for what this machine could not run. */
export function readWorkflow(names: { name: string; arn: string }, text: string): WorkflowDefinition {
  const refuse = (what: string): Error =>
    new Error(`${names.name}: ${what} is not known to the local platform`)
  const given = JSON.parse(text) as {
    StartAt: string
    States: Record<string, WorkflowState>
    TimeoutSeconds?: number
  }
  const strange = Object.keys(given).find((field) => !TOP_FIELDS.includes(field))
  if (strange) throw refuse(`the field ${strange} of a workflow`)
  for (const part of [given, ...Object.values(given.States)]) {
    const { QueryLanguage = "JSONPath" } = part as { QueryLanguage?: string }
    if (QueryLanguage !== "JSONPath") throw refuse(QueryLanguage)
  }
  for (const [state, definition] of Object.entries(given.States)) checkState(state, definition, refuse)
  return {
    ...names,
    timeoutMs: given.TimeoutSeconds === undefined ? undefined : given.TimeoutSeconds * 1000,
    startAt: given.StartAt,
    states: given.States,
  }
}

function checkState(name: string, state: WorkflowState, refuse: (what: string) => Error): void {
  const fields = Object.hasOwn(FIELDS, state.Type) ? FIELDS[state.Type] : undefined
  if (!fields) throw refuse(`the state ${name} of type ${state.Type}`)
  const strange = Object.keys(state).find((field) => !EVERYWHERE.includes(field) && !fields.includes(field))
  if (strange) throw refuse(`the field ${strange} of the state ${name}`)
  if (state.Type === "Map") checkMap(name, state, refuse)
  if (state.Type !== "Task") return
  if (!LAMBDA_INVOKE.test(String(state.Resource)))
    throw refuse(`the resource ${state.Resource} of the state ${name}`)
  if (typeof state.Parameters?.FunctionName !== "string")
    throw refuse(`a function that is chosen at run time, in the state ${name},`)
}

function checkMap(name: string, { ItemProcessor }: WorkflowState, refuse: (what: string) => Error): void {
  const { Mode = "INLINE" } = (ItemProcessor?.ProcessorConfig ?? {}) as { Mode?: string }
  if (Mode !== "INLINE") throw refuse(`the mode ${Mode} of the state ${name}`)
  for (const [inner, state] of Object.entries(ItemProcessor?.States ?? {})) checkState(inner, state, refuse)
}

/** All states by their names, those within Maps too: a name stands only once in a workflow. */
export function allStates(states: Readonly<Record<string, WorkflowState>>): [string, WorkflowState][] {
  return Object.entries(states).flatMap(([name, state]) => [
    [name, state] as [string, WorkflowState],
    ...allStates(state.ItemProcessor?.States ?? {}),
  ])
}

/** The function that a task calls: given by name, or by ARN with or without a version. */
export function functionOfTask({ Parameters }: WorkflowState): string {
  const given = String(Parameters?.FunctionName)
  return /:function:([^:]+)/.exec(given)?.[1] ?? given
}

export function functionsOfWorkflow({ states }: WorkflowDefinition): string[] {
  return allStates(states)
    .map(([, state]) => state)
    .filter(({ Type }) => Type === "Task")
    .map(functionOfTask)
}

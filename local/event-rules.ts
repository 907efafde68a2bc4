import { randomUUID } from "node:crypto"
import { LOCAL_ACCOUNT, LOCAL_REGION } from "./account.ts"
import type { InvokeAsync } from "./async-invocations.ts"
import { type EventPattern, matches } from "./event-pattern.ts"
import type { Execution } from "./workflows.ts"

export type RuleDefinition = {
  name: string
  pattern: EventPattern
  /** `input`: what the function is given instead of the event, in JSON. */
  targets: { functionName: string; input?: string }[]
}

/** Brings each change of an execution's status to the targets of the rules that ask for it. */
export function executionEvents(
  rules: readonly RuleDefinition[],
  invokeAsync: InvokeAsync,
): (execution: Readonly<Execution>) => void {
  return (execution) => {
    const event = statusChange(execution)
    for (const { pattern, targets } of rules) {
      if (!matches(pattern, event)) continue
      for (const { functionName, input } of targets) invokeAsync(functionName, input ?? JSON.stringify(event))
    }
  }
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
function statusChange(execution: Readonly<Execution>) {
  const { executionArn, stateMachineArn, name, status, input, startMs, stopMs } = execution
  const { output = null, error = null, cause = null } = execution
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Step Functions Execution Status Change",
    source: "aws.states",
    account: LOCAL_ACCOUNT,
    time: `${new Date(stopMs ?? startMs).toISOString().slice(0, 19)}Z`,
    region: LOCAL_REGION,
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn,
      name,
      status,
      startDate: startMs,
      stopDate: stopMs ?? null,
      input,
      inputDetails: { included: true },
      output,
      outputDetails: output === null ? null : { included: true },
      error,
      cause,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: 0,
      redriveDate: null,
      redriveStatus: "NOT_REDRIVABLE",
      redriveStatusReason: null,
    },
  }
}

import type { Stack } from "aws-cdk-lib/core"
import { ArnFormat } from "aws-cdk-lib/core"
import type { StageName } from "./settings.ts"

/** Workflows of a function's steps, repeated until it says done: what each sees to the end. */
export const STEP_WORKFLOWS = ["undo-order", "finish-refund"] as const
export type StepWorkflowName = (typeof STEP_WORKFLOWS)[number]

/** All workflows. */
export const WORKFLOWS = [...STEP_WORKFLOWS, "daily-bills"] as const
export type WorkflowName = (typeof WORKFLOWS)[number]

/**
 * A workflow is spoken of by its name and not by reference: functions that start it run in the stack that makes it, in the
 * stack before that one, and beside the function that it calls itself.
 */
export function workflowName(stage: StageName, which: WorkflowName): string {
  return `MetroPay-${stage}-${which}`
}

export function workflowArn(stack: Stack, stage: StageName, which: WorkflowName): string {
  return stack.formatArn({
    service: "states",
    resource: "stateMachine",
    resourceName: workflowName(stage, which),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
}

/** All executions: each is named after its order, refund or day, which nobody knows beforehand. */
export function executionsArn(stack: Stack, stage: StageName, which: WorkflowName): string {
  return stack.formatArn({
    service: "states",
    resource: "execution",
    resourceName: `${workflowName(stage, which)}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
}

import type { Stack } from "aws-cdk-lib/core"
import { ArnFormat } from "aws-cdk-lib/core"
import type { StageName } from "./settings.ts"

/**
 * The workflow is spoken of by its name and not by reference: functions that start it run in the stack that makes it, in
 * the stack before that one, and beside the function that it calls itself.
 */
export function undoWorkflowName(stage: StageName): string {
  return `MetroPay-${stage}-undo-order`
}

export function undoWorkflowArn(stack: Stack, stage: StageName): string {
  return stack.formatArn({
    service: "states",
    resource: "stateMachine",
    resourceName: undoWorkflowName(stage),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
}

/** All executions: each is named after its order, which nobody knows beforehand. */
export function undoExecutionsArn(stack: Stack, stage: StageName): string {
  return stack.formatArn({
    service: "states",
    resource: "execution",
    resourceName: `${undoWorkflowName(stage)}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
}

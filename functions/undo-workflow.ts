import type { Undoings } from "../usecases/ports.ts"
import { workflowExecutions } from "./workflow-executions.ts"

/** Undoings as executions of their workflow. */
export function undoWorkflow(workflowArn: string): Undoings {
  return workflowExecutions(workflowArn, (tradeNo, generation) => ({ tradeNo, generation }))
}

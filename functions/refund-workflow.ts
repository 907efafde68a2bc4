import type { Refundings } from "../usecases/ports.ts"
import { workflowExecutions } from "./workflow-executions.ts"

/** Refunds gone on with by executions of their workflow. */
export function refundWorkflow(workflowArn: string): Refundings {
  return workflowExecutions(workflowArn, (refundId, generation) => ({ refundId, generation }))
}

import type { Context } from "aws-lambda"
import { DEFAULT_TIME_ZONE, localDateTime } from "../../domain/days.ts"
import { readEnvironment } from "../environment.ts"
import { clock } from "../machine.ts"
import { work } from "../worker.ts"
import { workflowExecutions } from "../workflow-executions.ts"

const { dailyBillsWorkflowArn } = readEnvironment()
const runs = workflowExecutions(dailyBillsWorkflowArn, (day, generation) => ({
  run: `${day}-${generation}`,
  day: "",
}))

/** A19: starts a run, unless one of today is under way. What there is to do is found out by the run itself. */
export function handler(_event: unknown, { awsRequestId }: Context): Promise<void> {
  return work("bills", awsRequestId, () => runs.ensure(localDateTime(clock.nowMs(), DEFAULT_TIME_ZONE).date))
}

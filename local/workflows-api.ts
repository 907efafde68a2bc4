import { type AwsEndpoint, AwsRefusal, startAwsJson } from "./aws-json-endpoint.ts"
import type { Execution, Workflows } from "./workflows.ts"

/** An operation's input as it stands in the request. */
type SfnInput = {
  stateMachineArn?: string
  executionArn?: string
  name?: string
  input?: string
  statusFilter?: string
  maxResults?: number
  nextToken?: string
  error?: string
  cause?: string
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html */
const DEFAULT_PAGE = 100
const MAX_PAGE = 1000

/** Step Functions for these workflows on a free loopback port: what starts, watches and stops executions. */
export function startWorkflowsApi(workflows: Workflows): Promise<AwsEndpoint> {
  return startAwsJson<SfnInput>({
    target: "AWSStepFunctions",
    protocol: "1.0",
    faultType: "InternalFailure",
    operations: {
      StartExecution(given) {
        const stateMachineArn = required(given, "stateMachineArn")
        const { executionArn, startMs } = workflows.start({ ...given, stateMachineArn })
        return { executionArn, startDate: startMs / 1000 }
      },
      DescribeExecution: (given) => description(workflows.find(required(given, "executionArn"))),
      ListExecutions(given) {
        const { statusFilter, maxResults } = given
        const all = workflows.list(required(given, "stateMachineArn"))
        const wanted = all.filter(({ status }) => statusFilter === undefined || status === statusFilter)
        const from = offsetOf(given.nextToken)
        const upTo = from + Math.min(maxResults || DEFAULT_PAGE, MAX_PAGE)
        return {
          executions: wanted.slice(from, upTo).map(summary),
          ...(upTo < wanted.length && { nextToken: String(upTo) }),
        }
      },
      StopExecution(given) {
        const { error, cause } = given
        const { stopMs = 0 } = workflows.abort(required(given, "executionArn"), { error, cause })
        return { stopDate: stopMs / 1000 }
      },
    },
  })
}

function required(given: SfnInput, field: "stateMachineArn" | "executionArn"): string {
  const value = given[field]
  if (typeof value === "string" && value.startsWith("arn:")) return value
  throw new AwsRefusal("InvalidArn", `Invalid Arn: '${value}'`)
}

function offsetOf(nextToken = "0"): number {
  if (!/^\d{1,9}$/.test(nextToken)) throw new AwsRefusal("InvalidToken", `Invalid Token: '${nextToken}'`)
  return Number(nextToken)
}

function summary({ executionArn, stateMachineArn, name, status, startMs, stopMs }: Execution) {
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate: startMs / 1000,
    ...(stopMs !== undefined && { stopDate: stopMs / 1000 }),
  }
}

function description(execution: Execution) {
  const { input, output, error, cause } = execution
  return {
    ...summary(execution),
    input,
    inputDetails: { included: true },
    ...(output !== undefined && { output, outputDetails: { included: true } }),
    error,
    cause,
    redriveCount: 0,
    redriveStatus: "NOT_REDRIVABLE",
  }
}

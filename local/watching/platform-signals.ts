/** What AWS's services measure by themselves, said of the parts that stand in their place here. Names: their user guides. */
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs"
import type { QueueDefinition } from "../blueprint.ts"
import type { InvocationOutcome } from "../function-pool.ts"
import type { Execution } from "../workflows.ts"
import type { DataPoint, MetricId } from "./metric-store.ts"

export type PlatformSignals = {
  /** Of a call: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
  invoked(functionName: string, outcome: InvocationOutcome, durationMs: number): void
  /** Of records that a function is about to be given; `event` as it is given them. */
  streamed(functionName: string, event: string): void
  received(queueName: string, event: string): void
  /** https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html */
  execution(execution: Readonly<Execution>): void
  /** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html */
  answered(status: number): void
}

const EXECUTION_METRICS: Readonly<Record<Execution["status"], string>> = {
  RUNNING: "ExecutionsStarted",
  SUCCEEDED: "ExecutionsSucceeded",
  FAILED: "ExecutionsFailed",
  TIMED_OUT: "ExecutionsTimedOut",
  ABORTED: "ExecutionsAborted",
}

/** The one HTTP API's id, as templates are resolved here (template.ts). */
const API = { ApiId: "local" }

export function platformSignals(put: (metric: MetricId, value: number) => void): PlatformSignals {
  const lambda = (FunctionName: string, name: string, value: number) =>
    put({ namespace: "AWS/Lambda", name, dimensions: { FunctionName } }, value)
  const gateway = (name: string, value: number) =>
    put({ namespace: "AWS/ApiGateway", name, dimensions: API }, value)
  return {
    invoked(functionName, outcome, durationMs) {
      if (outcome.kind === "failed" && outcome.why === "closed") return
      lambda(functionName, "Invocations", 1)
      lambda(functionName, "Errors", outcome.kind === "failed" ? 1 : 0)
      lambda(functionName, "Duration", durationMs)
    },
    streamed(functionName, event) {
      const last = recordsIn<{ dynamodb?: { ApproximateCreationDateTime?: number } }>(event).at(-1)
      // By the machine's clock, like the stamps of DynamoDB Local.
      const writtenMs = (last?.dynamodb?.ApproximateCreationDateTime ?? 0) * 1000
      lambda(functionName, "IteratorAge", Math.max(0, Date.now() - writtenMs))
    },
    received(QueueName, event) {
      const metric = { namespace: "AWS/SQS", name: "NumberOfMessagesReceived", dimensions: { QueueName } }
      put(metric, recordsIn(event).length)
    },
    execution({ stateMachineArn, status }) {
      const dimensions = { StateMachineArn: stateMachineArn }
      put({ namespace: "AWS/States", name: EXECUTION_METRICS[status], dimensions }, 1)
    },
    answered(status) {
      gateway("Count", 1)
      gateway("4xx", status >= 400 && status < 500 ? 1 : 0)
      gateway("5xx", status >= 500 ? 1 : 0)
    },
  }
}

function recordsIn<T>(event: string): T[] {
  return (JSON.parse(event) as { Records: T[] }).Records
}

/**
 * How many messages wait in each queue and for how long. SQS has no call that tells a message's age: it is counted from when
 * the queue was last seen empty, so it is the age of the longest waiting one at least.
 */
export function queueGauges(given: { sqs: SQSClient; queues: readonly QueueDefinition[]; nowMs(): number }) {
  const emptyAtMs = new Map<string, number>()
  return async (): Promise<Omit<DataPoint, "atMs">[]> => {
    const measured = await Promise.all(
      given.queues.map(async ({ name: QueueName, url }) => {
        const visible = await visibleIn(given.sqs, url)
        const nowMs = given.nowMs()
        if (visible === 0 || !emptyAtMs.has(QueueName)) emptyAtMs.set(QueueName, nowMs)
        const ageSeconds = (nowMs - (emptyAtMs.get(QueueName) ?? nowMs)) / 1000
        const metric = (name: string) => ({ namespace: "AWS/SQS", name, dimensions: { QueueName } })
        return [
          { metric: metric("ApproximateNumberOfMessagesVisible"), value: visible },
          { metric: metric("ApproximateAgeOfOldestMessage"), value: ageSeconds },
        ]
      }),
    )
    return measured.flat()
  }
}

async function visibleIn(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
  )
  return Number(Attributes?.ApproximateNumberOfMessages ?? 0)
}

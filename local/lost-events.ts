import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs"
import type { FunctionDefinition, QueueDefinition } from "./blueprint.ts"
import { keepFailedRecords } from "./failed-records.ts"
import type { InvocationOutcome } from "./function-pool.ts"

/**
 * Keeps an event that nobody waits for and a function failed at: in the function's dead-letter queue as Lambda does, or as a
 * file in `dir` where it has none. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
export function keepLostEvents(given: {
  sqs: SQSClient
  functions: readonly FunctionDefinition[]
  queues: readonly QueueDefinition[]
  dir: string
}) {
  const { sqs, functions, queues, dir } = given
  return async (functionName: string, event: string, lastOutcome: InvocationOutcome): Promise<void> => {
    const arn = functions.find(({ name }) => name === functionName)?.deadLetterQueue
    const queue = queues.find((each) => arn !== undefined && each.arn === arn)
    if (!queue) return keepFailedRecords(dir, functionName)(event, lastOutcome)
    const StringValue = lastOutcome.kind === "failed" ? lastOutcome.errorMessage || "unknown" : "none"
    const MessageAttributes = { ErrorMessage: { DataType: "String", StringValue } }
    await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: event, MessageAttributes }))
  }
}

import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
import type { PollQueue } from "../usecases/ports.ts"
import type { Environment } from "./environment.ts"
import { traced } from "./tracing.ts"

/** SQS counts delays in whole seconds, fifteen minutes at most. */
const MAX_DELAY_S = 900

export function pollQueue(environment: Environment): PollQueue {
  const sqs = traced(
    new SQSClient({
      maxAttempts: 2,
      requestHandler: { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true },
    }),
  )
  return {
    async send(channel, message, delayMs) {
      const QueueUrl = environment.pollQueues[channel]
      if (QueueUrl === undefined) throw new Error(`channel ${channel} has no queue`)
      const DelaySeconds = Math.min(MAX_DELAY_S, Math.ceil(delayMs / 1000))
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message), DelaySeconds }))
    },
  }
}

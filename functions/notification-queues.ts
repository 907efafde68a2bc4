import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
import type { NotificationQueues } from "../usecases/notification-ports.ts"
import type { Environment } from "./environment.ts"
import { traced } from "./tracing.ts"

/** SQS counts delays in whole seconds, fifteen minutes at most; who waits longer is sent on again. */
const MAX_DELAY_S = 900

export function notificationQueues(environment: Environment): NotificationQueues {
  const sqs = traced(
    new SQSClient({
      maxAttempts: 2,
      requestHandler: { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true },
    }),
  )
  return {
    async send(queue, message, delayMs) {
      const DelaySeconds = Math.min(MAX_DELAY_S, Math.ceil(Math.max(0, delayMs) / 1000))
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: environment.notificationQueues[queue],
          MessageBody: JSON.stringify(message),
          DelaySeconds,
        }),
      )
    },
  }
}

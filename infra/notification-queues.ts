import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs"
import { Duration } from "aws-cdk-lib/core"
import type { Construct } from "constructs"
import { FUNCTION_TIMEOUT } from "./platform-function.ts"
import type { StageName } from "./settings.ts"

/** `first`: attempts that nothing stands in the way of. `repeats`: all others, and endpoints that do not answer. */
export type NotificationQueues = { first: Queue; repeats: Queue; deadLetters: Queue }

/**
 * What merchants are to be told of. A message that goes on waiting is a new message, so receives count faults only; after five
 * it is a dead letter, which the same function tries again every five minutes for two weeks.
 */
export function notificationQueues(scope: Construct, stage: StageName): NotificationQueues {
  const secured = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true }
  const deadLetters = new Queue(scope, "NotificationDeadLetters", {
    ...secured,
    queueName: `MetroPay-${stage}-notification-dead-letters`,
    visibilityTimeout: Duration.minutes(5),
    retentionPeriod: Duration.days(14),
  })
  const queue = (id: string, name: string) =>
    new Queue(scope, id, {
      ...secured,
      queueName: `MetroPay-${stage}-${name}`,
      // Six times the function's time-out, as Lambda asks for: room for its own retries when it is throttled.
      visibilityTimeout: Duration.seconds(6 * FUNCTION_TIMEOUT.toSeconds()),
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
    })
  return {
    first: queue("Notifications", "notifications"),
    repeats: queue("NotificationRepeats", "notification-repeats"),
    deadLetters,
  }
}

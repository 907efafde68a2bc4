import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs"
import { Duration } from "aws-cdk-lib/core"
import type { Construct } from "constructs"
import { FUNCTION_TIMEOUT } from "./platform-function.ts"

/**
 * A channel's queue of orders to ask about. One a channel: a silent one must not hold up the others. A message that goes on
 * waiting is a new message, so receives count faults only; after five it goes to the dead-letter queue.
 */
export function pollQueue(scope: Construct, stage: string, channel: string): Queue {
  const id = `Poll${channel.charAt(0).toUpperCase()}${channel.slice(1)}`
  const queueName = `MetroPay-${stage}-poll-${channel}`
  const secured = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true }
  const deadLetters = new Queue(scope, `${id}DeadLetters`, {
    ...secured,
    queueName: `${queueName}-dead-letters`,
    retentionPeriod: Duration.days(14),
  })
  return new Queue(scope, id, {
    ...secured,
    queueName,
    // Six times the function's time-out, as Lambda asks for: room for its own retries when it is throttled.
    visibilityTimeout: Duration.seconds(6 * FUNCTION_TIMEOUT.toSeconds()),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
  })
}

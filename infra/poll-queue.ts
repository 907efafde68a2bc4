import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs"
import { Duration } from "aws-cdk-lib/core"
import type { Construct } from "constructs"
import { FUNCTION_TIMEOUT } from "./platform-function.ts"

export type PollQueue = { queue: Queue; deadLetters: Queue }

/**
 * A channel's queue of orders to ask about. One a channel: a silent one must not hold up the others. A message that goes on
 * waiting is a new message, so receives count faults only; after five it goes to the dead-letter queue.
 */
export function pollQueue(scope: Construct, stage: string, channel: string): PollQueue {
  const id = `Poll${channel.charAt(0).toUpperCase()}${channel.slice(1)}`
  const queueName = `MetroPay-${stage}-poll-${channel}`
  const secured = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true }
  const deadLetters = new Queue(scope, `${id}DeadLetters`, {
    ...secured,
    queueName: `${queueName}-dead-letters`,
    // A message that fails here too has nowhere else to go: it comes again and again for two weeks, not every minute.
    visibilityTimeout: Duration.minutes(5),
    retentionPeriod: Duration.days(14),
  })
  const queue = new Queue(scope, id, {
    ...secured,
    queueName,
    // Six times the function's time-out, as Lambda asks for: room for its own retries when it is throttled.
    visibilityTimeout: Duration.seconds(6 * FUNCTION_TIMEOUT.toSeconds()),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
  })
  return { queue, deadLetters }
}

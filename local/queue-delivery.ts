import { setTimeout as sleep } from "node:timers/promises"
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs"
import type { SQSEvent, SQSRecord } from "aws-lambda"
import { LOCAL_REGION } from "./account.ts"
import { failedItems } from "./batch-failures.ts"
import type { QueueDefinition, QueueMapping } from "./blueprint.ts"
import type { InvocationOutcome } from "./function-pool.ts"

export type QueueDeliverySurroundings = {
  client: SQSClient
  queue: QueueDefinition
  invoke(event: string): Promise<InvocationOutcome>
  /** Told of faults of the queue itself. */
  warn(text: string): void
}

/** Most that SQS gives and deletes at once, and waits for. */
const MAX_MESSAGES = 10
const LONG_POLL_S = 20
const AFTER_FAULT_MS = 500

/**
 * Brings a queue's messages to its function, as Lambda's event source mapping does. What the function got done is deleted;
 * the rest comes again after the queue's visibility time-out, and the queue itself sorts out what comes too often.
 */
export function deliverQueue(
  mapping: QueueMapping,
  around: QueueDeliverySurroundings,
): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const ended = receive(mapping, around, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

async function receive(
  mapping: QueueMapping,
  around: QueueDeliverySurroundings,
  signal: AbortSignal,
): Promise<void> {
  const inFlight = new Set<Promise<void>>()
  while (!signal.aborted) {
    if (inFlight.size >= mapping.maxConcurrency) await Promise.race(inFlight)
    const messages = await receiveBatch(mapping, around, signal)
    if (messages.length === 0) continue
    const delivery = deliver(mapping, around, messages).catch((fault) =>
      around.warn(`${mapping.queueName}: ${fault}`),
    )
    inFlight.add(delivery)
    void delivery.finally(() => inFlight.delete(delivery))
  }
  await Promise.all(inFlight)
}

async function receiveBatch(
  mapping: QueueMapping,
  around: QueueDeliverySurroundings,
  signal: AbortSignal,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: around.queue.url,
    MaxNumberOfMessages: Math.min(mapping.batchSize, MAX_MESSAGES),
    WaitTimeSeconds: LONG_POLL_S,
    MessageSystemAttributeNames: ["All"],
    MessageAttributeNames: ["All"],
  })
  try {
    const { Messages = [] } = await around.client.send(command, { abortSignal: signal })
    return Messages
  } catch (fault) {
    if (signal.aborted) return []
    around.warn(`${mapping.queueName}: ${fault}`)
    await sleep(AFTER_FAULT_MS)
    return []
  }
}

async function deliver(
  mapping: QueueMapping,
  { client, queue, invoke }: QueueDeliverySurroundings,
  messages: Message[],
): Promise<void> {
  const Records = messages.map((message) => recordOf(message, queue.arn))
  const outcome = await invoke(JSON.stringify({ Records } satisfies SQSEvent))
  const items = Records.map(({ messageId }) => messageId)
  const failed = failedItems(outcome, { items, reportItemFailures: mapping.reportItemFailures })
  if (failed === "all") return
  const done = Records.filter(({ messageId }) => !failed.has(messageId))
  if (done.length === 0) return
  const Entries = done.map(({ receiptHandle }, index) => ({
    Id: String(index),
    ReceiptHandle: receiptHandle,
  }))
  await client.send(new DeleteMessageBatchCommand({ QueueUrl: queue.url, Entries }))
}

function recordOf(message: Message, eventSourceARN: string): SQSRecord {
  const {
    MessageId = "",
    ReceiptHandle = "",
    Body = "",
    MD5OfBody = "",
    Attributes = {},
    MessageAttributes = {},
  } = message
  const attributes = Object.entries(MessageAttributes).map(
    ([name, { StringValue, BinaryValue, DataType = "" }]) => [
      name,
      {
        dataType: DataType,
        stringValue: StringValue,
        binaryValue: BinaryValue && Buffer.from(BinaryValue).toString("base64"),
      },
    ],
  )
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes as SQSRecord["attributes"],
    messageAttributes: Object.fromEntries(attributes) as SQSRecord["messageAttributes"],
    md5OfBody: MD5OfBody,
    eventSource: "aws:sqs",
    eventSourceARN,
    awsRegion: LOCAL_REGION,
  }
}

import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs"
import type { SQSEvent } from "aws-lambda"
import { clientOptions, LOCAL_ACCOUNT } from "./account.ts"
import type { QueueDefinition } from "./blueprint.ts"
import { openClock } from "./clock.ts"
import type { InvocationOutcome } from "./function-pool.ts"
import { deliverQueue } from "./queue-delivery.ts"
import { createQueues, type QueueServer, startQueueServer } from "./queues.ts"

const credentials = { accessKeyId: "local1", secretAccessKey: "x" }
const dir = mkdtempSync(join(tmpdir(), "queues-"))
const clock = openClock(join(dir, "clock.json"))
let server: QueueServer
let sqs: SQSClient

before(async () => {
  server = await startQueueServer(clock)
  sqs = new SQSClient(clientOptions(server.url, credentials))
})
after(async () => {
  sqs.destroy()
  await server.close()
  rmSync(dir, { recursive: true })
})

async function queue(name: string, attributes: Record<string, string> = {}): Promise<QueueDefinition> {
  const arn = `arn:aws:sqs:us-east-1:${LOCAL_ACCOUNT}:${name}`
  const made = { name, arn, url: `${server.url}/${LOCAL_ACCOUNT}/${name}`, attributes }
  await createQueues(server.url, credentials, [made])
  return made
}

const send = ({ url }: QueueDefinition, body: string, DelaySeconds?: number) =>
  sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body, DelaySeconds }))

/** Delivers to a function that fails the bodies which `fails` names; `until` resolves when what it saw satisfies. */
function deliver(source: QueueDefinition, fails: (body: string, event: SQSEvent) => boolean = () => false) {
  const seen: string[] = []
  const waiting: { holds: () => boolean; resolve: () => void }[] = []
  const delivery = deliverQueue(
    { functionName: "f", queueName: source.name, batchSize: 10, reportItemFailures: true, maxConcurrency: 2 },
    {
      client: sqs,
      queue: source,
      async invoke(text): Promise<InvocationOutcome> {
        const event = JSON.parse(text) as SQSEvent
        const failed = event.Records.filter(({ body }) => fails(body, event))
        seen.push(...event.Records.map(({ body }) => body))
        setImmediate(() => {
          for (const { holds, resolve } of waiting) if (holds()) resolve()
        })
        const batchItemFailures = failed.map(({ messageId }) => ({ itemIdentifier: messageId }))
        return { kind: "answered", payload: JSON.stringify({ batchItemFailures }) }
      },
      warn: (text) => assert.fail(text),
    },
  )
  const until = (holds: () => boolean) =>
    holds() ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ holds, resolve }))
  return { seen, until, stop: () => delivery.stop() }
}

test("delivers messages as Lambda writes them and deletes what was done", async () => {
  const source = await queue("done")
  let event: SQSEvent | undefined
  const delivery = deliver(source, (_, given) => {
    event = given
    return false
  })
  const { MessageId } = await send(source, '{"tradeNo":"1"}')
  await delivery.until(() => delivery.seen.length === 1)
  const [record] = event?.Records ?? []
  assert.equal(record?.messageId, MessageId)
  assert.equal(record?.body, '{"tradeNo":"1"}')
  assert.equal(record?.eventSource, "aws:sqs")
  assert.equal(record?.eventSourceARN, source.arn)
  assert.equal(record?.attributes.ApproximateReceiveCount, "1")
  await delivery.stop()
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: source.url, AttributeNames: [...names] }),
  )
  assert.deepEqual(Attributes, {
    ApproximateNumberOfMessages: "0",
    ApproximateNumberOfMessagesNotVisible: "0",
  })
})

test("what failed comes again, alone, until the queue puts it to the dead letters", async () => {
  const dead = await queue("dead")
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 })
  const source = await queue("failing", { VisibilityTimeout: "1", RedrivePolicy })
  const delivery = deliver(source, (body) => body === "bad")
  await send(source, "good")
  await send(source, "bad")
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: dead.url, WaitTimeSeconds: 10 }),
  )
  assert.deepEqual(
    Messages.map(({ Body }) => Body),
    ["bad"],
  )
  assert.deepEqual(delivery.seen.toSorted(), ["bad", "bad", "good"])
  await delivery.stop()
})

test("delays follow the platform's clock", async () => {
  const source = await queue("delayed")
  const delivery = deliver(source)
  await send(source, "in ten minutes", 600)
  await send(source, "now")
  await delivery.until(() => delivery.seen.includes("now"))
  assert.deepEqual(delivery.seen, ["now"])
  clock.advance(600_000)
  await delivery.until(() => delivery.seen.includes("in ten minutes"))
  await delivery.stop()
})

test("a clock that was moved before the queue server started counts as well", async () => {
  clock.advance(3_600_000)
  await clock.followed()
  const again = await startQueueServer(clock)
  const client = new SQSClient(clientOptions(again.url, credentials))
  await createQueues(again.url, credentials, [{ name: "later", arn: "", url: "", attributes: {} }])
  const QueueUrl = `${again.url}/${LOCAL_ACCOUNT}/later`
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "x" }))
  const { Messages } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl,
      WaitTimeSeconds: 5,
      MessageSystemAttributeNames: ["SentTimestamp"],
    }),
  )
  const sentMs = Number(Messages?.[0]?.Attributes?.SentTimestamp)
  assert.ok(Math.abs(sentMs - clock.nowMs()) < 10_000)
  client.destroy()
  await again.close()
})

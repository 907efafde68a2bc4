import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs"
import { clientOptions, LOCAL_ACCOUNT } from "./account.ts"
import { openClock } from "./clock.ts"
import { keepLostEvents } from "./lost-events.ts"
import { createQueues, startQueueServer } from "./queues.ts"

test("a lost event goes to the function's dead-letter queue, or to a file where it has none", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "lost-events-"))
  const server = await startQueueServer(openClock(join(dir, "clock.json")))
  const credentials = { accessKeyId: "local1", secretAccessKey: "x" }
  const sqs = new SQSClient(clientOptions(server.url, credentials))
  t.after(async () => {
    sqs.destroy()
    await server.close()
    rmSync(dir, { recursive: true })
  })
  const arn = `arn:aws:sqs:us-east-1:${LOCAL_ACCOUNT}:lost`
  const queues = [{ name: "lost", arn, url: `${server.url}/${LOCAL_ACCOUNT}/lost`, attributes: {} }]
  await createQueues(server.url, credentials, queues)
  const common = { arn: "", codeDir: "", handler: "", timeoutMs: 1, memoryMb: 1, environment: {} }
  const functions = [
    { ...common, name: "kept", deadLetterQueue: arn },
    { ...common, name: "filed" },
  ]
  const files = join(dir, "failed-events")
  const keep = keepLostEvents({ sqs, functions, queues, dir: files })
  const outcome = { kind: "failed", why: "error", errorType: "Error", errorMessage: "no" } as const

  await keep("kept", '{"n":1}', outcome)
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queues[0]?.url, MessageAttributeNames: ["All"] }),
  )
  assert.deepEqual(
    Messages.map(({ Body, MessageAttributes }) => [Body, MessageAttributes?.ErrorMessage?.StringValue]),
    [['{"n":1}', "no"]],
  )

  await keep("filed", '{"n":2}', outcome)
  const [file = "", ...others] = readdirSync(files)
  assert.equal(others.length, 0)
  const { event } = JSON.parse(readFileSync(join(files, file), "utf8")) as { event: unknown }
  assert.deepEqual(event, { n: 2 })
})

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { DynamoDBClient, GetItemCommand, ListTablesCommand, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams"
import type { DynamoDBStreamEvent } from "aws-lambda"
import { clientOptions } from "./account.ts"
import type { StreamMapping, TableDefinition } from "./blueprint.ts"
import { createTables, type DynamoDbServer, startDynamoDb } from "./dynamodb.ts"
import type { InvocationOutcome } from "./function-pool.ts"
import { findJava } from "./java.ts"
import { StartFault } from "./start-fault.ts"
import { openCheckpoint } from "./stream-checkpoint.ts"
import { deliverStream, streamArnOf } from "./streams.ts"

const credentials = { accessKeyId: "local1", secretAccessKey: "x" }
const dir = mkdtempSync(join(tmpdir(), "streams-"))
let java: string
let server: DynamoDbServer
let client: DynamoDBClient

async function start() {
  server = await startDynamoDb({ java, dir: join(dir, "db"), logFile: join(dir, "db.log") })
  client = new DynamoDBClient(clientOptions(server.url, credentials))
}

before(async () => {
  java = await findJava(process.env)
  await start()
})
after(async () => {
  client.destroy()
  await server.close()
  rmSync(dir, { recursive: true })
})

function table(name: string): TableDefinition {
  return {
    name,
    ttlAttribute: "ttl",
    input: {
      TableName: name,
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
    },
  }
}

const put = (TableName: string, pk: string) =>
  client.send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, bytes: { B: Buffer.from([0, 255]) } } }))

type Consumer = (
  keys: string[],
  event: DynamoDBStreamEvent,
) => { batchItemFailures: string[] } | "fault" | undefined

/** Delivers a table's stream to a function; `until` resolves when what it saw satisfies. */
async function deliver(tableName: string, consume: Consumer, given: Partial<StreamMapping> = {}) {
  const seen: string[] = []
  const given_up: string[] = []
  const waiting: { holds: () => boolean; resolve: () => void }[] = []
  const streams = new DynamoDBStreamsClient(clientOptions(server.url, credentials))
  const streamArn = await streamArnOf(client, tableName)
  const check = () => {
    for (const { holds, resolve } of waiting) if (holds()) resolve()
  }
  const mapping: StreamMapping = {
    id: tableName,
    functionName: "f",
    tableName,
    batchSize: 10,
    reportItemFailures: true,
    bisect: false,
    from: "TRIM_HORIZON",
    ...given,
  }
  const delivery = deliverStream(mapping, {
    client: streams,
    streamArn,
    checkpoint: openCheckpoint(join(dir, "streams", `${tableName}.json`), streamArn),
    async invoke(text): Promise<InvocationOutcome> {
      const event = JSON.parse(text) as DynamoDBStreamEvent
      const keys = event.Records.map(({ dynamodb }) => dynamodb?.Keys?.pk?.S ?? "")
      const answer = consume(keys, event)
      const names = answer === "fault" ? [] : (answer?.batchItemFailures ?? [])
      const sequence = (pk: string) => event.Records[keys.indexOf(pk)]?.dynamodb?.SequenceNumber
      seen.push(...keys)
      setImmediate(check)
      if (answer === "fault") return { kind: "failed", why: "error", errorType: "Error", errorMessage: "no" }
      const batchItemFailures = names.map((pk) => ({ itemIdentifier: sequence(pk) }))
      return { kind: "answered", payload: JSON.stringify({ batchItemFailures }) }
    },
    async giveUp(text) {
      const event = JSON.parse(text) as DynamoDBStreamEvent
      given_up.push(...event.Records.map(({ dynamodb }) => dynamodb?.Keys?.pk?.S ?? ""))
      setImmediate(check)
    },
    warn: () => {},
    speed: 20,
  })
  return {
    seen,
    given_up,
    until: (holds: () => boolean) =>
      holds() ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ holds, resolve })),
    async stop() {
      await delivery.stop()
      streams.destroy()
    },
  }
}

function childrenOf(parent: number | undefined): number[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid="]).toString().trim().split("\n")
  const pairs = table.map((line) => line.trim().split(/ +/).map(Number))
  return pairs.flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid] : []))
}

test("tables are made once, and another access key sees none of them", async () => {
  await createTables(server.url, credentials, [table("made")])
  await put("made", "a")
  await createTables(server.url, credentials, [table("made")])
  const { Item } = await client.send(new GetItemCommand({ TableName: "made", Key: { pk: { S: "a" } } }))
  assert.equal(Item?.pk?.S, "a")
  const stranger = new DynamoDBClient(
    clientOptions(server.url, { accessKeyId: "stranger", secretAccessKey: "x" }),
  )
  assert.deepEqual((await stranger.send(new ListTablesCommand({}))).TableNames, [])
  stranger.destroy()
})

test("a table of another shape in the state folder is said in one line", async () => {
  const changed = table("made")
  changed.input.StreamSpecification = { StreamEnabled: true, StreamViewType: "KEYS_ONLY" }
  await assert.rejects(createTables(server.url, credentials, [changed]), (fault) => {
    assert.ok(fault instanceof StartFault)
    assert.match(fault.message, /made .* another shape .* --reset$/)
    return true
  })
})

test("delivers changes in order, as Lambda writes them", async () => {
  await createTables(server.url, credentials, [table("ordered")])
  let first: DynamoDBStreamEvent["Records"][number] | undefined
  const delivery = await deliver("ordered", (_, event) => {
    first ??= event.Records[0]
    return undefined
  })
  const keys = Array.from({ length: 25 }, (_, index) => `k${index}`)
  for (const key of keys) await put("ordered", key)
  await delivery.until(() => delivery.seen.length === 25)
  assert.deepEqual(delivery.seen, keys)
  assert.equal(first?.eventName, "INSERT")
  assert.equal(first?.eventSource, "aws:dynamodb")
  assert.match(first?.eventSourceARN ?? "", /^arn:aws:dynamodb:.*table\/ordered\/stream\//)
  assert.deepEqual(first?.dynamodb?.NewImage, { pk: { S: "k0" }, bytes: { B: "AP8=" } })
  assert.equal(Number.isInteger(first?.dynamodb?.ApproximateCreationDateTime), true)
  await delivery.stop()
})

test("tries again from the first item that failed, and not what was done before it", async () => {
  await createTables(server.url, credentials, [table("partly")])
  for (const key of ["a", "b", "c"]) await put("partly", key)
  let failures = 2
  const delivery = await deliver("partly", (keys) =>
    keys.includes("b") && failures-- > 0 ? { batchItemFailures: ["b"] } : undefined,
  )
  await delivery.until(() => delivery.seen.filter((key) => key === "c").length === 3)
  assert.deepEqual(delivery.seen, ["a", "b", "c", "b", "c", "b", "c"])
  await delivery.stop()
})

test("parts a failing batch until the poisoned record is alone, gives that up, and goes on", async () => {
  await createTables(server.url, credentials, [table("poisoned")])
  for (const key of ["a", "b", "poison", "c", "d"]) await put("poisoned", key)
  const done: string[] = []
  const delivery = await deliver(
    "poisoned",
    (keys) => {
      if (keys.includes("poison")) return "fault"
      done.push(...keys)
      return undefined
    },
    { bisect: true, maxRetries: 2 },
  )
  await delivery.until(() => done.includes("d"))
  assert.deepEqual(done, ["a", "b", "c", "d"])
  assert.deepEqual(delivery.given_up, ["poison"])
  await delivery.stop()
})

test("goes on where it was after it was stopped, and after DynamoDB Local was killed", async () => {
  await createTables(server.url, credentials, [table("kept")])
  await put("kept", "before")
  const first = await deliver("kept", () => undefined)
  await first.until(() => first.seen.includes("before"))
  await first.stop()
  await put("kept", "while stopped")
  // As `kill -9` of the group would: the JVM has no time to put anything in order.
  for (const pid of childrenOf(server.pid)) process.kill(pid, "SIGKILL")
  client.destroy()
  await start()
  await createTables(server.url, credentials, [table("kept")])
  const second = await deliver("kept", () => undefined)
  await put("kept", "after")
  await second.until(() => second.seen.includes("after"))
  assert.deepEqual(second.seen, ["while stopped", "after"])
  await second.stop()
})

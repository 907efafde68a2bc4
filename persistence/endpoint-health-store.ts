import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb"
import type { EndpointHealthStore } from "../usecases/notification-ports.ts"
import { num, readOptionalNum, str } from "./attributes.ts"
import { endpointHealthKey } from "./keys.ts"

const KEPT_S = 60 * 60

/** Counts of attempts at merchants' endpoints: an item for each and window, written only once one has failed. */
export function endpointHealthStore(client: DynamoDBClient, tableName: string): EndpointHealthStore {
  return {
    async read(endpoint, windowStartMs) {
      const { pk, sk } = endpointHealthKey(endpoint, windowStartMs)
      const { Item = {} } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: { pk: str(pk), sk: str(sk) } }),
      )
      return { attempts: readOptionalNum(Item, "c") ?? 0, failed: readOptionalNum(Item, "u") ?? 0 }
    },

    async report(endpoint, windowStartMs, { attempts, failed }) {
      const { pk, sk } = endpointHealthKey(endpoint, windowStartMs)
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { pk: str(pk), sk: str(sk) },
          UpdateExpression: "SET #ttl = :ttl ADD c :attempts, u :failed",
          ExpressionAttributeNames: { "#ttl": "ttl" },
          ExpressionAttributeValues: {
            ":attempts": num(attempts),
            ":failed": num(failed),
            ":ttl": num(Math.ceil(windowStartMs / 1000) + KEPT_S),
          },
        }),
      )
    },
  }
}

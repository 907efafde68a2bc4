import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb"
import type { WrongCodeStore } from "../usecases/ports.ts"
import { num, readNum, readOptionalNum, str } from "./attributes.ts"
import { wrongCodesKey } from "./keys.ts"

const KEPT_S = 60 * 60

/** Counters of wrong codes: one item for each merchant and window, written by wrong codes only. */
export function wrongCodeStore(client: DynamoDBClient, tableName: string): WrongCodeStore {
  return {
    async count(merchantId, windowStartMs) {
      const { pk, sk } = wrongCodesKey(merchantId, windowStartMs)
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { pk: str(pk), sk: str(sk) },
          UpdateExpression: "SET #ttl = :ttl ADD c :one",
          ExpressionAttributeNames: { "#ttl": "ttl" },
          ExpressionAttributeValues: {
            ":one": num(1),
            ":ttl": num(Math.ceil(windowStartMs / 1000) + KEPT_S),
          },
          ReturnValues: "ALL_NEW",
        }),
      )
      return readNum(Attributes ?? {}, "c")
    },

    async read(merchantId, windowStartMs) {
      const { pk, sk } = wrongCodesKey(merchantId, windowStartMs)
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: { pk: str(pk), sk: str(sk) }, ConsistentRead: true }),
      )
      return readOptionalNum(Item ?? {}, "c") ?? 0
    },
  }
}

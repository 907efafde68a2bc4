import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import type { UndeliveredNews } from "../usecases/notification-ports.ts"
import { num, str } from "./attributes.ts"
import { undeliveredNewsKey } from "./keys.ts"

const DAY_MS = 24 * 60 * 60 * 1000

/** An item a merchant: `s` when it was last said that it cannot be told. */
export function undeliveredNews(client: DynamoDBClient, tableName: string): UndeliveredNews {
  return {
    async isNews(merchantId, nowMs) {
      const { pk, sk } = undeliveredNewsKey(merchantId)
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: { pk: str(pk), sk: str(sk) },
            UpdateExpression: "SET s = :now, #ttl = :ttl",
            ConditionExpression: "attribute_not_exists(s) OR s <= :before",
            ExpressionAttributeNames: { "#ttl": "ttl" },
            ExpressionAttributeValues: {
              ":now": num(nowMs),
              ":before": num(nowMs - DAY_MS),
              ":ttl": num(Math.ceil((nowMs + DAY_MS) / 1000)),
            },
          }),
        )
        return true
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
        return false
      }
    },
  }
}

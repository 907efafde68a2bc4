import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb"
import type { ChannelHealthStore } from "../usecases/ports.ts"
import { num, str } from "./attributes.ts"
import { channelHealthKey } from "./keys.ts"

const KEPT_S = 60 * 60

/** Counts of calls that met silence: an item for each account and window, written only when a channel is silent. */
export function channelHealthStore(client: DynamoDBClient, tableName: string): ChannelHealthStore {
  return {
    async report(account, windowStartMs, { calls, unanswered }) {
      const { pk, sk } = channelHealthKey(account, windowStartMs)
      await client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { pk: str(pk), sk: str(sk) },
          UpdateExpression: "SET #ttl = :ttl ADD c :calls, u :unanswered",
          ExpressionAttributeNames: { "#ttl": "ttl" },
          ExpressionAttributeValues: {
            ":calls": num(calls),
            ":unanswered": num(unanswered),
            ":ttl": num(Math.ceil(windowStartMs / 1000) + KEPT_S),
          },
        }),
      )
    },
  }
}

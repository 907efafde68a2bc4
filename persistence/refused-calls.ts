import { type DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb"
import type { RefusedCalls } from "../usecases/ports.ts"
import { num, readNum, readStr, str } from "./attributes.ts"
import { refusedCallKey } from "./keys.ts"

/** How long a refused call is remembered (contract §2): twice the time its signature is good for. */
const REMEMBERED_MS = 600_000

export function refusedCalls(client: DynamoDBClient, tableName: string): RefusedCalls {
  const key = (merchantId: string, nonce: string) => {
    const { pk, sk } = refusedCallKey(merchantId, nonce)
    return { pk: str(pk), sk: str(sk) }
  }
  return {
    async keep(merchantId, nonce, code, nowMs) {
      const untilMs = nowMs + REMEMBERED_MS
      const Item = {
        ...key(merchantId, nonce),
        c: str(code),
        xa: num(untilMs),
        ttl: num(Math.ceil(untilMs / 1000)),
      }
      await client.send(new PutItemCommand({ TableName: tableName, Item }))
    },

    async read(merchantId, nonce, nowMs) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: key(merchantId, nonce), ConsistentRead: true }),
      )
      // Expired items stay readable for hours: their time is compared, not their presence.
      return Item && readNum(Item, "xa") > nowMs ? readStr(Item, "c") : undefined
    },
  }
}

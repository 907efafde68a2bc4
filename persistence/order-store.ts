import { isDeepStrictEqual } from "node:util"
import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import type { Order } from "../domain/order.ts"
import type { OrderStore } from "../usecases/ports.ts"
import { num, str } from "./attributes.ts"
import { orderKey } from "./keys.ts"
import { CHANGING, decodeOrder, encodeChanging, encodeOrder } from "./order-codec.ts"
import { itemInRefusedWrite, updateFromVersion } from "./versioned-write.ts"

/**
 * Orders in DynamoDB. The SDK repeats a call whose answer was lost, so a failed condition may be our own write: it is
 * recognised by the lease holder, which is made anew for each attempt.
 */
export function orderStore(client: DynamoDBClient, tableName: string): OrderStore {
  return {
    async create(order) {
      let retracted: Order | undefined
      // Each further round means that another attempt took the number over and gave it up again in between.
      for (;;) {
        const next = retracted ? takeOver(retracted, order) : order
        const stored = await putOrder(client, tableName, next, retracted?.version)
        if (!stored) return { put: true, order: next }
        if (stored.state === "PAYING" && isSameAttempt(stored, order)) return { put: true, order: stored }
        if (stored.state !== "RETRACTED") return { put: false, stored }
        retracted = stored
      }
    },

    async advance(previous, next) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: keyAttributes(previous.tradeNo),
            ...updateFromVersion(CHANGING, encodeChanging(next), previous.version),
          }),
        )
        return { written: true }
      } catch (error) {
        const stored = storedIn(error)
        return isSameWrite(stored, next) ? { written: true } : { written: false, stored }
      }
    },

    async read(tradeNo) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: keyAttributes(tradeNo), ConsistentRead: true }),
      )
      return Item && decodeOrder(Item)
    },
  }
}

/** Puts; gives what stood there where the condition failed. */
async function putOrder(
  client: DynamoDBClient,
  tableName: string,
  order: Order,
  retractedVersion?: number,
): Promise<Order | undefined> {
  const free = "attribute_not_exists(pk)"
  const retracted = "#v = :version AND st = :retracted"
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: encodeOrder(order),
        ConditionExpression: retractedVersion === undefined ? free : retracted,
        ...(retractedVersion === undefined
          ? {}
          : {
              ExpressionAttributeNames: { "#v": "v" },
              ExpressionAttributeValues: {
                ":version": num(retractedVersion),
                ":retracted": str("RETRACTED"),
              },
            }),
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    )
    return undefined
  } catch (error) {
    return storedIn(error)
  }
}

/** The number goes on where the retracted order left it, its events included. */
function takeOver(retracted: Order, order: Order): Order {
  return { ...order, version: retracted.version + 1, events: [...retracted.events, ...order.events] }
}

function isSameAttempt(stored: Order, mine: Order): boolean {
  return mine.lease !== undefined && stored.lease?.holder === mine.lease.holder
}

/** The holder alone does not tell: who asks the channel meanwhile writes under the same lease. */
function isSameWrite(stored: Order, mine: Order): boolean {
  return stored.version === mine.version && isDeepStrictEqual(encodeChanging(stored), encodeChanging(mine))
}

function storedIn(error: unknown): Order {
  return decodeOrder(itemInRefusedWrite(error))
}

function keyAttributes(tradeNo: string) {
  const { pk, sk } = orderKey(tradeNo)
  return { pk: str(pk), sk: str(sk) }
}

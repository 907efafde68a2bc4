import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import type { Order } from "../domain/order.ts"
import type { OrderStore } from "../usecases/ports.ts"
import { num, str } from "./attributes.ts"
import { orderKey } from "./keys.ts"
import { decodeOrder, encodeChanging, encodeOrder } from "./order-codec.ts"

/**
 * Orders in DynamoDB. The SDK repeats a call whose answer was lost, so a failed condition may be our own write: it is
 * recognised by the lease holder, which is made anew for each attempt.
 */
export function orderStore(client: DynamoDBClient, tableName: string): OrderStore {
  return {
    async create(order) {
      const stored = await putOrder(client, tableName, order)
      if (!stored) return { put: true, order }
      if (isSameAttempt(stored, order)) return { put: true, order: stored }
      if (stored.state !== "RETRACTED") return { put: false, stored }
      const next = { ...order, version: stored.version + 1 }
      const other = await putOrder(client, tableName, next, stored.version)
      return !other || isSameAttempt(other, next) ? { put: true, order: next } : { put: false, stored: other }
    },

    async advance(previous, next) {
      const changing = encodeChanging(next)
      const names = Object.keys(changing)
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: keyAttributes(previous.tradeNo),
            UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(", ")}`,
            ConditionExpression: "#v = :previousVersion",
            ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
            ExpressionAttributeValues: {
              ...Object.fromEntries(Object.entries(changing).map(([name, value]) => [`:${name}`, value])),
              ":previousVersion": num(previous.version),
            },
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
          }),
        )
        return { written: true }
      } catch (error) {
        const stored = storedIn(error)
        if (isSameAttempt(stored, next) && stored.version === next.version && stored.state === next.state) {
          return { written: true }
        }
        return { written: false, stored }
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

function isSameAttempt(stored: Order, mine: Order): boolean {
  return mine.lease !== undefined && stored.lease?.holder === mine.lease.holder
}

/** The item that a failed condition gives back; every other error goes on. */
function storedIn(error: unknown): Order {
  if (error instanceof ConditionalCheckFailedException && error.Item) return decodeOrder(error.Item)
  throw error
}

function keyAttributes(tradeNo: string) {
  const { pk, sk } = orderKey(tradeNo)
  return { pk: str(pk), sk: str(sk) }
}

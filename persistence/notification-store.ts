import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import type { Notification } from "../domain/notification.ts"
import type { NotificationStore } from "../usecases/notification-ports.ts"
import { type Item, readStr, str } from "./attributes.ts"
import {
  DAY_INDEX,
  type Key,
  NOTIFICATION_PREFIX,
  notificationKey,
  notificationPk,
  UNDELIVERED_SHARDS,
  undeliveredPk,
} from "./keys.ts"
import {
  CHANGING_OF_NOTIFICATION,
  decodeNotification,
  encodeChangingOfNotification,
  encodeNotification,
} from "./notification-codec.ts"
import { queryAll } from "./query-all.ts"
import { itemInRefusedWrite, updateFromVersion } from "./versioned-write.ts"

/** Events of one order that fall into one millisecond: more than a few would be a fault. */
const MOST_AT_ONCE = 100

/** Notifications, an item each. */
export function notificationStore(client: DynamoDBClient, tableName: string): NotificationStore {
  const read = async ({ pk, sk }: Key) => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: { pk: str(pk), sk: str(sk) }, ConsistentRead: true }),
    )
    return Item && decodeNotification(Item)
  }
  return {
    async keep(notification) {
      for (let ahead = 0; ahead < MOST_AT_ONCE; ahead++) {
        const wanted = { ...notification, sequence: notification.sequence + ahead }
        const standing = await putWhereFree(client, tableName, wanted)
        if (!standing) return { kept: true, stored: wanted }
        if (standing.eventId === wanted.eventId) return { kept: false, stored: standing }
      }
      throw new Error(`order ${notification.tradeNo} has too many events in one millisecond`)
    },

    read: ({ tradeNo, sequence }) => read(notificationKey(tradeNo, sequence)),

    async advance(previous, next) {
      const { pk, sk } = notificationKey(previous.tradeNo, previous.sequence)
      const present = encodeChangingOfNotification(next)
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: { pk: str(pk), sk: str(sk) },
            ...updateFromVersion(CHANGING_OF_NOTIFICATION, present, previous.version),
          }),
        )
        return true
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
        // Repeated because its answer was lost, it had got through.
        return error.Item !== undefined && hasBecome(error.Item, present)
      }
    },

    async ofOrder(tradeNo) {
      const items = await queryAll(client, tableName, { pk: notificationPk(tradeNo), from: "0" })
      return items.map(decodeNotification)
    },

    async undelivered(limit) {
      const shards = Array.from({ length: UNDELIVERED_SHARDS }, (_, shard) =>
        undeliveredKeys(client, tableName, shard, limit),
      )
      const keys = (await Promise.all(shards)).flat()
      const found = await Promise.all(keys.map(read))
      return found
        .filter((it): it is Notification => it?.state === "UNDELIVERED")
        .sort((one, other) => one.createdAtMs - other.createdAtMs)
        .slice(0, limit)
    },
  }
}

/** Undefined where it was free. */
async function putWhereFree(
  client: DynamoDBClient,
  tableName: string,
  notification: Notification,
): Promise<Notification | undefined> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: encodeNotification(notification),
        ConditionExpression: "attribute_not_exists(pk)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    )
    return undefined
  } catch (error) {
    return decodeNotification(itemInRefusedWrite(error))
  }
}

function hasBecome(standing: Item, present: Item): boolean {
  return CHANGING_OF_NOTIFICATION.every(
    (name) => JSON.stringify(standing[name]) === JSON.stringify(present[name]),
  )
}

/** The index holds keys only, and may be a moment behind. */
async function undeliveredKeys(
  client: DynamoDBClient,
  tableName: string,
  shard: number,
  limit: number,
): Promise<Key[]> {
  const found: Key[] = []
  let from: Item | undefined
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: DAY_INDEX,
        KeyConditionExpression: "gpk = :gpk",
        ExpressionAttributeValues: { ":gpk": str(undeliveredPk(shard)) },
        Limit: limit,
        ExclusiveStartKey: from,
      }),
    )
    for (const item of page.Items ?? []) {
      const pk = readStr(item, "pk")
      if (pk.startsWith(NOTIFICATION_PREFIX)) found.push({ pk, sk: readStr(item, "sk") })
    }
    from = page.LastEvaluatedKey
  } while (from && found.length < limit)
  return found
}

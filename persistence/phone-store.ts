/**
 * Customers' phone numbers (H2): each sealed in an item of its own, and claimed by its blind index, a hash under a key, so that
 * one number is one customer's. Both change in one transaction. Nothing here, nor in the stream of it, tells a number to
 * whoever has only the table.
 */
import {
  type DynamoDBClient,
  GetItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb"
import { keyedHash } from "../domain/hash.ts"
import type { PhoneChange } from "../domain/member-events.ts"
import type { CustomerPhone, PhoneStore, PhoneWritten } from "../usecases/membership-ports.ts"
import { type Item, num, readNum, readStr, str } from "./attributes.ts"
import { phoneClaimKey, phoneKey } from "./keys.ts"
import type { FieldSeals, Place } from "./sealed-fields.ts"

/** @param phoneKeyOf the key of blind indexes, which never changes (ADR 0022) */
export function phoneStore(
  client: DynamoDBClient,
  TableName: string,
  fields: FieldSeals,
  phoneKeyOf: () => Promise<Buffer>,
): PhoneStore {
  const claimKey = async (phone: string) => {
    const { pk, sk } = phoneClaimKey(keyedHash(await phoneKeyOf(), ["phone", phone]).toString("hex"))
    return { pk: str(pk), sk: str(sk) }
  }

  const claim = async (uid: string, phone: string): Promise<TransactWriteItem> => ({
    Update: {
      TableName,
      Key: await claimKey(phone),
      UpdateExpression: "SET u = :uid REMOVE #ttl",
      ConditionExpression: "attribute_not_exists(u) OR u = :uid",
      ExpressionAttributeNames: { "#ttl": "ttl" },
      ExpressionAttributeValues: { ":uid": str(uid) },
    },
  })

  /** From that moment on it is whoever's claims it; the item goes by itself. */
  const release = async (uid: string, phone: string, nowMs: number): Promise<TransactWriteItem> => ({
    Update: {
      TableName,
      Key: await claimKey(phone),
      UpdateExpression: "SET #ttl = :now REMOVE u",
      ConditionExpression: "u = :uid",
      ExpressionAttributeNames: { "#ttl": "ttl" },
      ExpressionAttributeValues: { ":uid": str(uid), ":now": num(Math.ceil(nowMs / 1000)) },
    },
  })

  const write = async (
    uid: string,
    { phone, changedAtMs }: CustomerPhone,
    seen: CustomerPhone | undefined,
  ): Promise<TransactWriteItem> => {
    const place = placeOf(TableName, uid)
    return {
      Put: {
        TableName,
        Item: {
          pk: str(place.pk),
          sk: str(place.sk),
          [place.attribute]: { B: await fields.seal(place, phone) },
          at: num(changedAtMs),
        },
        ConditionExpression: seen ? "#at = :seen" : "attribute_not_exists(pk)",
        ...(seen
          ? {
              ExpressionAttributeNames: { "#at": "at" },
              ExpressionAttributeValues: { ":seen": num(seen.changedAtMs) },
            }
          : {}),
      },
    }
  }

  return {
    async read(uid) {
      const place = placeOf(TableName, uid)
      const Key = { pk: str(place.pk), sk: str(place.sk) }
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))
      const sealed = Item?.[place.attribute]?.B
      if (!Item || !sealed) return undefined
      return { phone: await fields.unseal(place, sealed), changedAtMs: readNum(Item, "at") }
    },

    async set(uid, next, seen) {
      return writeAll(client, [
        await claim(uid, next.phone),
        await write(uid, next, seen),
        ...(seen ? [await release(uid, seen.phone, next.changedAtMs)] : []),
      ])
    },
  }
}

/** In the stream, where nobody opens what is sealed. */
export function decodePhoneChange(from: Item): PhoneChange {
  return { uid: readStr(from, "sk"), changedAtMs: readNum(from, "at") }
}

function placeOf(table: string, uid: string): Place {
  return { table, ...phoneKey(uid), attribute: "se" }
}

/** @param transactItems the claim stands first among them */
async function writeAll(client: DynamoDBClient, transactItems: TransactWriteItem[]): Promise<PhoneWritten> {
  try {
    await client.send(new TransactWriteItemsCommand({ TransactItems: transactItems }))
    return "written"
  } catch (fault) {
    if (!(fault instanceof TransactionCanceledException)) throw fault
    const [claimed, ...others] = (fault.CancellationReasons ?? []).map(({ Code }) => Code)
    const overtaken = (code: string | undefined) =>
      code === "ConditionalCheckFailed" || code === "TransactionConflict"
    // With another number in between it is not certain whose the wanted one was when it was looked at.
    if (others.some(overtaken) || claimed === "TransactionConflict") return "overtaken"
    if (claimed === "ConditionalCheckFailed") return "taken"
    throw fault
  }
}

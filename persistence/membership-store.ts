import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import { type Membership, type MembershipWish, VIP_STATUSES } from "../domain/membership.ts"
import type { MembershipStore } from "../usecases/membership-ports.ts"
import { type Item, item, num, optionalNum, readNum, readOptionalNum, readStr, str } from "./attributes.ts"
import { customerKey, MEMBERSHIP_PREFIX, membershipKey } from "./keys.ts"
import { queryAll } from "./query-all.ts"

const WISHES: readonly MembershipWish[] = ["MEMBER", "NONE"]

/** Memberships of a customer: an item for each merchant, which stays when it is left. */
export function membershipStore(client: DynamoDBClient, TableName: string): MembershipStore {
  const key = (uid: string, merchantId: string) => {
    const { pk, sk } = membershipKey(uid, merchantId)
    return { pk: str(pk), sk: str(sk) }
  }
  return {
    async read(uid, merchantId) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key: key(uid, merchantId), ConsistentRead: true }),
      )
      return Item && decodeMembership(Item)
    },

    async list(uid) {
      const part = { pk: customerKey(uid).pk, prefix: MEMBERSHIP_PREFIX }
      return (await queryAll(client, TableName, part)).map(decodeMembership)
    },

    advance: (before, next) =>
      whereItHolds(() =>
        client.send(
          new PutItemCommand({
            TableName,
            Item: { ...key(next.uid, next.merchantId), ...encodeMembership(next) },
            ConditionExpression: before ? "v = :before" : "attribute_not_exists(pk)",
            ...(before ? { ExpressionAttributeValues: { ":before": num(before.version) } } : {}),
          }),
        ),
      ),

    async hear({ uid, merchantId, version, vipStatus, told }) {
      await whereItHolds(() =>
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: key(uid, merchantId),
            UpdateExpression: "SET vs = :vipStatus, td = :told",
            ConditionExpression: "v = :version",
            ExpressionAttributeValues: {
              ":vipStatus": str(vipStatus),
              ":told": { BOOL: told },
              ":version": num(version),
            },
          }),
        ),
      )
    },
  }
}

async function whereItHolds(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (fault) {
    if (fault instanceof ConditionalCheckFailedException) return false
    throw fault
  }
}

function encodeMembership({ wish, vipStatus, version, changedAtMs, previousAtMs, told }: Membership): Item {
  return item({
    wi: str(wish),
    vs: str(vipStatus),
    v: num(version),
    at: num(changedAtMs),
    pa: optionalNum(previousAtMs),
    td: { BOOL: told },
  })
}

export function decodeMembership(from: Item): Membership {
  const wish = WISHES.find((it) => it === readStr(from, "wi"))
  const vipStatus = VIP_STATUSES.find((it) => it === readStr(from, "vs"))
  if (!wish || !vipStatus) throw new Error("stored membership has an unknown wish or status")
  return {
    uid: readStr(from, "pk").slice(2),
    merchantId: readStr(from, "sk").slice(MEMBERSHIP_PREFIX.length),
    wish,
    vipStatus,
    version: readNum(from, "v"),
    changedAtMs: readNum(from, "at"),
    previousAtMs: readOptionalNum(from, "pa"),
    told: from.td?.BOOL === true,
  }
}

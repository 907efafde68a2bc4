import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import { sha256 } from "../domain/hash.ts"
import type { ExceptionKind, ExceptionStore, OrderException } from "../usecases/ports.ts"
import { type Item, num, readNum, readStr, str } from "./attributes.ts"
import { EXCEPTION_SHARDS, exceptionKey, exceptionPk } from "./keys.ts"

const KINDS: readonly ExceptionKind[] = [
  "not final",
  "surplus",
  "undo refused",
  "refund not final",
  "refund refused",
]
/** How long a resolved exception is kept for whoever asks what happened. */
const KEPT_S = 90 * 24 * 60 * 60

/** The exceptions desk. An outage puts thousands on it at once, so it is spread over several partitions. */
export function exceptionStore(client: DynamoDBClient, tableName: string): ExceptionStore {
  const key = (tradeNo: string, kind: ExceptionKind, refundId?: string) => {
    const { pk, sk } = exceptionKey(shardOf(tradeNo), tradeNo, kind, refundId)
    return { pk: str(pk), sk: str(sk) }
  }
  return {
    async note({ tradeNo, refundId, merchantId, kind, lastTried }, nowMs) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: key(tradeNo, kind, refundId),
            UpdateExpression:
              "SET m = :m, l = :l, la = :now, s = if_not_exists(s, :now) REMOVE r, #ttl ADD t :one",
            ConditionExpression: "attribute_not_exists(r) OR r < :now",
            ExpressionAttributeNames: { "#ttl": "ttl" },
            ExpressionAttributeValues: {
              ":m": str(merchantId),
              ":l": str(lastTried),
              ":now": num(nowMs),
              ":one": num(1),
            },
          }),
        )
      } catch (error) {
        // It was resolved after this was seen: a note that arrives late puts nothing back on the desk.
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      }
    },

    async resolve(tradeNo, kind, nowMs, refundId) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: tableName,
            Key: key(tradeNo, kind, refundId),
            UpdateExpression: "SET r = :now, #ttl = :ttl",
            ConditionExpression: "attribute_exists(pk)",
            ExpressionAttributeNames: { "#ttl": "ttl" },
            ExpressionAttributeValues: { ":now": num(nowMs), ":ttl": num(Math.ceil(nowMs / 1000) + KEPT_S) },
          }),
        )
      } catch (error) {
        // It never stood there.
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      }
    },

    async list(limit) {
      const shards = Array.from({ length: EXCEPTION_SHARDS }, (_, shard) =>
        listShard(client, tableName, shard, limit),
      )
      const found = (await Promise.all(shards)).flat()
      return found.sort((a, b) => a.sinceMs - b.sinceMs).slice(0, limit)
    },
  }
}

async function listShard(
  client: DynamoDBClient,
  tableName: string,
  shard: number,
  limit: number,
): Promise<OrderException[]> {
  const found: OrderException[] = []
  let from: Item | undefined
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk",
        FilterExpression: "attribute_not_exists(r)",
        ExpressionAttributeValues: { ":pk": str(exceptionPk(shard)) },
        ExclusiveStartKey: from,
      }),
    )
    found.push(...(page.Items ?? []).map(decode))
    from = page.LastEvaluatedKey
  } while (from && found.length < limit)
  return found
}

function decode(from: Item): OrderException {
  const [tradeNo, kindText, refundId] = readStr(from, "sk").split("#")
  const kind = KINDS.find((it) => it === kindText)
  if (!tradeNo || !kind) throw new Error("stored exception has an unknown key")
  return {
    tradeNo,
    ...(refundId === undefined ? {} : { refundId }),
    kind,
    merchantId: readStr(from, "m"),
    sinceMs: readNum(from, "s"),
    lastTried: readStr(from, "l"),
    lastTriedAtMs: readNum(from, "la"),
    tries: readNum(from, "t"),
  }
}

function shardOf(tradeNo: string): number {
  return (sha256([tradeNo])[0] ?? 0) % EXCEPTION_SHARDS
}

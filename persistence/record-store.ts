import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from "@aws-sdk/client-dynamodb"
import { PAY_TYPES } from "../domain/channel.ts"
import { ORDER_STATES } from "../domain/order-states.ts"
import type { ConsumptionRecord, RecordStore } from "../usecases/ports.ts"
import { type Item, item, num, optionalStr, readNum, readOptionalStr, readStr, str } from "./attributes.ts"
import { customerKey, RECORD_PREFIX, recordKey } from "./keys.ts"

/** Consumption records: a line for each order, under the customer, sorted by time. */
export function recordStore(client: DynamoDBClient, tableName: string): RecordStore {
  return {
    async put(uid, record) {
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: encodeRecord(uid, record),
            ConditionExpression: "attribute_not_exists(pk) OR v < :version",
            ExpressionAttributeValues: { ":version": num(record.version) },
          }),
        )
      } catch (error) {
        // A later version stands there already.
        if (!(error instanceof ConditionalCheckFailedException)) throw error
      }
    },

    async list(uid, { limit, before }) {
      const page = await client.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
          ExpressionAttributeValues: {
            ":pk": str(customerKey(uid).pk),
            ":from": str(RECORD_PREFIX),
            // "#" is less than every digit: the cursor itself is left out by comparing below it.
            ":to": str(before === undefined ? `${RECORD_PREFIX}~` : `${RECORD_PREFIX}${before}`),
          },
          ScanIndexForward: false,
          Limit: limit + 1,
        }),
      )
      const items = (page.Items ?? []).filter((it) => readStr(it, "sk") !== `${RECORD_PREFIX}${before}`)
      const shown = items.slice(0, limit)
      const last = shown.at(-1)
      const more = items.length > limit || page.LastEvaluatedKey !== undefined
      return {
        records: shown.map(decodeRecord),
        ...(more && last ? { next: readStr(last, "sk").slice(RECORD_PREFIX.length) } : {}),
      }
    },
  }
}

function encodeRecord(uid: string, record: ConsumptionRecord): Item {
  const { pk, sk } = recordKey(uid, record.atMs, record.tradeNo)
  return item({
    pk: str(pk),
    sk: str(sk),
    m: str(record.merchantId),
    t: num(record.totalFen),
    st: str(record.state),
    pt: optionalStr(record.payType),
    v: num(record.version),
  })
}

function decodeRecord(from: Item): ConsumptionRecord {
  const [atMs, tradeNo] = readStr(from, "sk").slice(RECORD_PREFIX.length).split("#")
  const state = ORDER_STATES.find((it) => it === readStr(from, "st"))
  if (!atMs || !tradeNo || !state) throw new Error("stored record has an unknown key or state")
  const payType = readOptionalStr(from, "pt")
  return {
    tradeNo,
    atMs: Number(atMs),
    totalFen: readNum(from, "t"),
    state,
    merchantId: readStr(from, "m"),
    payType: PAY_TYPES.find((it) => it === payType),
    version: readNum(from, "v"),
  }
}

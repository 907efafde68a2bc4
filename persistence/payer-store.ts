import { BatchGetItemCommand, type DynamoDBClient, type KeysAndAttributes } from "@aws-sdk/client-dynamodb"
import type { ChannelHealth, PayerStore } from "../usecases/ports.ts"
import { decodeAgreement, isLiveAgreement } from "./agreement-store.ts"
import { type Item, readOptionalNum, str } from "./attributes.ts"
import { decodeCustomer } from "./customer-store.ts"
import {
  agreementKey,
  channelHealthKey,
  customerKey,
  GATE_SK,
  type Key,
  merchantPk,
  wrongCodesKey,
} from "./keys.ts"
import { decodeGate } from "./merchant-items.ts"

const TRIES = 3

/** Everything that must hold at the moment of paying, in one strongly consistent call over both tables. */
export function payerStore(client: DynamoDBClient, tables: { main: string; settings: string }): PayerStore {
  return {
    async readPayer({ merchantId, uid, payType, wrongCodeWindowMs, health }) {
      const gate: Key = { pk: merchantPk(merchantId), sk: GATE_SK }
      const customer = uid === undefined ? undefined : customerKey(uid)
      const agreement =
        uid === undefined || payType === undefined ? undefined : agreementKey(uid, merchantId, payType)
      const wrong = wrongCodeWindowMs === undefined ? undefined : wrongCodesKey(merchantId, wrongCodeWindowMs)
      const silence = health && channelHealthKey(health.account, health.windowStartMs)
      const main = [customer, agreement, wrong, silence].filter((key) => key !== undefined)
      const found = await batchGet(client, {
        [tables.settings]: [gate],
        ...(main.length > 0 ? { [tables.main]: main } : {}),
      })
      const at = (table: string, key: Key | undefined): Item | undefined =>
        key && found.get(table)?.find((it) => it.pk?.S === key.pk && it.sk?.S === key.sk)
      const customerItem = at(tables.main, customer)
      const agreementItem = at(tables.main, agreement)
      return {
        gate: decodeGate(at(tables.settings, gate) ?? {}),
        wrongCodes: readOptionalNum(at(tables.main, wrong) ?? {}, "c") ?? 0,
        health: healthIn(at(tables.main, silence)),
        customer: customerItem && decodeCustomer(customerItem),
        agreement:
          agreementItem && isLiveAgreement(agreementItem) ? decodeAgreement(agreementItem) : undefined,
      }
    },
  }
}

function healthIn(found: Item | undefined): ChannelHealth | undefined {
  return found && { calls: readOptionalNum(found, "c") ?? 0, unanswered: readOptionalNum(found, "u") ?? 0 }
}

/** A batch may come back in part when the table is throttled; half an answer must never look like a whole one. */
async function batchGet(
  client: DynamoDBClient,
  keys: Record<string, readonly Key[]>,
): Promise<Map<string, Item[]>> {
  const found = new Map<string, Item[]>()
  let wanted: Record<string, KeysAndAttributes> = Object.fromEntries(
    Object.entries(keys).map(([table, list]) => [
      table,
      { Keys: list.map(({ pk, sk }) => ({ pk: str(pk), sk: str(sk) })), ConsistentRead: true },
    ]),
  )
  for (let tries = 0; tries < TRIES; tries++) {
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetItemCommand({ RequestItems: wanted }),
    )
    for (const [table, items] of Object.entries(Responses ?? {})) {
      found.set(table, [...(found.get(table) ?? []), ...items])
    }
    if (!UnprocessedKeys || Object.keys(UnprocessedKeys).length === 0) return found
    wanted = UnprocessedKeys
  }
  throw new Error("the database gave back only part of what was asked")
}

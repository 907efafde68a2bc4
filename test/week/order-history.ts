/** What only the platform's own tables tell: of an order that its till never heard paid, and of the exceptions desk. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { clientOptions } from "../../local/account.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { dayOf, type RunningChain, stampOf } from "./running-chain.ts"
import type { Moment } from "./told.ts"

export type OrderHistory = {
  /** When it was paid, though it was undone before its till asked; undefined where it never was. */
  paidAt(tradeNo: string): Promise<Moment | undefined>
  /** `tradeNo: kind` of everything on the exceptions desk. */
  onDesk(): Promise<Map<string, string>>
  close(): void
}

const DESK_ROWS = 1_000

export function openHistory({ platform }: RunningChain): OrderHistory {
  const { endpoints, credentials, tables } = platform
  const dynamodb = new DynamoDBClient(clientOptions(endpoints.dynamodb, credentials))
  const orders = orderStore(dynamodb, tables.main)
  const exceptions = exceptionStore(dynamodb, tables.main)
  return {
    async paidAt(tradeNo) {
      const order = await orders.read(tradeNo)
      const charged = order?.events.find(({ event }) => event === "charged")
      return charged && { date: dayOf(charged.atMs), time: stampOf(charged.atMs) }
    },
    async onDesk() {
      const rows = await exceptions.list(DESK_ROWS)
      return new Map(rows.map(({ tradeNo, kind }) => [tradeNo, kind]))
    },
    close: () => dynamodb.destroy(),
  }
}

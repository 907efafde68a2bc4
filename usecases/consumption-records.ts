/** A customer's consumption records (A6): lines written from the stream of orders, details from the order itself. */
import type { Order } from "../domain/order.ts"
import { transitionOf } from "../domain/order-states.ts"
import type { ConsumptionRecord, OrderStore, RecordStore } from "./ports.ts"

/** One change of an order, as the stream delivers it: possibly twice, possibly out of order. */
export type OrderChange = { before?: Order; after: Order }

/** Writes the customer's line where the transition says that this change belongs in the records. */
export async function recordChange(
  ports: { records: RecordStore },
  { before, after }: OrderChange,
): Promise<void> {
  const event = after.events.at(-1)
  const transition = event && transitionOf(before?.state ?? "NONE", event.event)
  if (after.uid === undefined || !transition?.emits.includes("record")) return
  const { tradeNo, createdAtMs, totalFen, state, merchantId, payType, version } = after
  await ports.records.put(after.uid, {
    tradeNo,
    atMs: createdAtMs,
    totalFen,
    state,
    merchantId,
    payType,
    version,
  })
}

export type RecordPage = { records: ConsumptionRecord[]; next?: string }

/** Newest first, `limit` lines from the cursor on. */
export function listRecords(
  ports: { records: RecordStore },
  uid: string,
  page: { limit: number; before?: string },
): Promise<RecordPage> {
  return ports.records.list(uid, page)
}

/** The order behind a line; undefined where it is not this customer's. */
export async function readRecord(
  ports: { orders: OrderStore },
  uid: string,
  tradeNo: string,
): Promise<Order | undefined> {
  const order = await ports.orders.read(tradeNo)
  return order?.uid === uid && order.state !== "RETRACTED" ? order : undefined
}

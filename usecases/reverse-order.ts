/**
 * Undoing an order at the merchant's wish (A10): one whose fate is unknown, one that was paid today, or a number that was
 * never seen, which is closed for good. What cannot be finished within the call goes on by itself.
 */
import { localDateTime } from "../domain/days.ts"
import { apply, closedNumber, type Order } from "../domain/order.ts"
import { legsToUndo } from "../domain/undo-outcome.ts"
import type { MerchantStore, Undoings } from "./ports.ts"
import { findOrder, type OrderNumbers } from "./query-order.ts"
import { STEP_RESERVE_MS, type UndoPorts, type UndoProgress, undoOrder } from "./undo-order.ts"

export type ReversePorts = UndoPorts & {
  merchants: MerchantStore
  undoings: Undoings
  answerWithinMs: number
}

export type ReverseResult =
  | { ok: true; order: Order; recall: "Y" | "N"; timeZone: string }
  | { ok: false; refusal: { code: "ORDER_NOT_FOUND" | "REVERSE_WINDOW_CLOSED" | "ORDER_STATE_FORBIDS" } }

/** @param arrived when the call came: the merchant's day is judged by it, and the answer is due by it */
export async function reverseOrder(
  ports: ReversePorts,
  merchantId: string,
  numbers: OrderNumbers,
  arrived: { nowMs: number; monotonicMs: number },
): Promise<ReverseResult> {
  const merchant = await ports.merchants.read(merchantId)
  if (!merchant) throw new Error(`merchant ${merchantId} has no settings`)
  const { timeZone } = merchant
  let order = await findOrder(ports.orders, merchantId, numbers)
  if (!order) {
    if (numbers.outRequestNo === undefined || numbers.tradeNo !== undefined) return refuse("ORDER_NOT_FOUND")
    order = await closeUnseen(ports, merchantId, numbers.outRequestNo, timeZone)
  }
  for (;;) {
    const next = startOf(order, arrived.nowMs, timeZone)
    if (typeof next === "string") return refuse(next)
    if (next === undefined) break
    const result = await ports.orders.advance(order, next)
    order = result.written ? next : result.stored
    if (result.written) break
  }
  const settled = await undoWithinCall(ports, order, arrived.monotonicMs)
  return { ok: true, order: settled, recall: legsToUndo(settled).length > 0 ? "Y" : "N", timeZone }
}

/** The order with its undoing begun; undefined where that is done or under way; or why it is refused. */
function startOf(
  order: Order,
  nowMs: number,
  timeZone: string,
): Order | undefined | "REVERSE_WINDOW_CLOSED" | "ORDER_STATE_FORBIDS" {
  switch (order.state) {
    case "PAYING":
      return apply(order, "reversalStarted", nowMs)
    case "PAID": {
      const paidDay = localDateTime(order.finalAtMs ?? order.createdAtMs, timeZone).date
      if (paidDay !== localDateTime(nowMs, timeZone).date) return "REVERSE_WINDOW_CLOSED"
      return apply(order, "undoStarted", nowMs, { lease: undefined })
    }
    case "REVERSING":
    case "UNDOING":
    case "FAILED":
    case "CLOSED":
      return undefined
    case "RETRACTED":
      return "ORDER_STATE_FORBIDS"
  }
}

async function closeUnseen(
  { orders, clock }: ReversePorts,
  merchantId: string,
  outRequestNo: string,
  timeZone: string,
): Promise<Order> {
  const createdAtMs = clock.nowMs()
  const closed = closedNumber(
    { merchantId, outRequestNo },
    { createdAtMs, day: localDateTime(createdAtMs, timeZone).date },
  )
  const put = await orders.create(closed)
  return put.put ? put.order : put.stored
}

/** A try or two while the merchant waits: most undoings need no more. Then the workflow, which also survives us. */
async function undoWithinCall(ports: ReversePorts, order: Order, arrivedMs: number): Promise<Order> {
  if (legsToUndo(order).length === 0) return order
  const dueMs = arrivedMs + ports.answerWithinMs - STEP_RESERVE_MS
  let progress: UndoProgress = { tradeNo: order.tradeNo }
  while (ports.clock.monotonicMs() < dueMs) {
    const step = await undoOrder(ports, progress, dueMs)
    if (step.done) return (await ports.orders.read(order.tradeNo)) ?? order
    if (ports.clock.monotonicMs() + step.waitMs >= dueMs) break
    await ports.clock.sleep(step.waitMs)
    progress = step
  }
  await ports.undoings.ensure(order.tradeNo)
  return order
}

function refuse(code: "ORDER_NOT_FOUND" | "REVERSE_WINDOW_CLOSED" | "ORDER_STATE_FORBIDS"): ReverseResult {
  return { ok: false, refusal: { code } }
}

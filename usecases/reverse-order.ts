/**
 * Undoing an order at the merchant's wish (A10): one whose fate is unknown, one that was paid today, or a number that was
 * never seen, which is closed for good. What cannot be finished within the call goes on by itself.
 */
import { localDateTime } from "../domain/days.ts"
import { apply, closedNumber, LEASE_MS, type Lease, type Order } from "../domain/order.ts"
import { heldCount } from "../domain/reservation.ts"
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
  | { ok: false; refusal: { code: ReverseRefusal } }

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
  const found = await findOrder(ports.orders, merchantId, numbers)
  if (!found && (numbers.outRequestNo === undefined || numbers.tradeNo !== undefined)) {
    return refuse("ORDER_NOT_FOUND")
  }
  const begun = await begin(ports, merchantId, numbers, found, arrived.nowMs, timeZone)
  if (typeof begun === "string") return refuse(begun)
  const order = await undoUntilDue(ports, begun, arrived.monotonicMs)
  // The channel definitely refused to give it back: the payment stands.
  if (order.state === "PAID") return refuse("ORDER_STATE_FORBIDS")
  return { ok: true, order, recall: legsToUndo(order).length > 0 ? "Y" : "N", timeZone }
}

/** Writes the beginning of the undoing, whoever else writes at the same time; gives what then stands there, or a refusal. */
async function begin(
  ports: ReversePorts,
  merchantId: string,
  numbers: OrderNumbers,
  found: Order | undefined,
  arrivedMs: number,
  timeZone: string,
): Promise<Begun | ReverseRefusal> {
  let order = found
  for (;;) {
    // Never seen, or just given up: either way nothing was sent for that number, and it is closed for good.
    if (!order || order.state === "RETRACTED") {
      if (numbers.outRequestNo === undefined) return "ORDER_NOT_FOUND"
      order = await closeUnseen(ports, merchantId, numbers.outRequestNo, timeZone)
      if (order.state === "RETRACTED") continue
    }
    const nowMs = ports.clock.nowMs()
    const lease = { holder: ports.random.id(nowMs), untilMs: nowMs + LEASE_MS }
    const next = startOf(order, arrivedMs, timeZone, lease)
    if (typeof next === "string") return next
    if (next === undefined) return { order }
    const result = await ports.orders.advance(order, next)
    if (result.written) return next.lease === lease ? { order: next, held: next } : { order: next }
    order = result.stored
  }
}

/** `held`: this call holds the order's lease, so that it may act at once and nobody else does meanwhile. */
type Begun = { order: Order; held?: Order }

type ReverseRefusal = "ORDER_NOT_FOUND" | "REVERSE_WINDOW_CLOSED" | "ORDER_STATE_FORBIDS"

/** What is done by the time the answer is due; the rest goes on by itself, since its beginning stands in the store. */
async function undoUntilDue(ports: ReversePorts, begun: Begun, arrivedMs: number): Promise<Order> {
  const { clock } = ports
  const { order } = begun
  const answered = new AbortController()
  const late = clock
    .sleep(Math.max(0, arrivedMs + ports.answerWithinMs - clock.monotonicMs()), answered.signal)
    .then(
      () => order,
      () => order,
    )
  const settled = await Promise.race([undoWithinCall(ports, begun, arrivedMs), late])
  answered.abort()
  return settled
}

/** The order with its undoing begun; undefined where that is done or under way; or why it is refused. */
function startOf(
  order: Order,
  nowMs: number,
  timeZone: string,
  lease: Lease,
): Order | undefined | ReverseRefusal {
  switch (order.state) {
    case "PAYING":
      return apply(order, "reversalStarted", nowMs)
    case "PAID": {
      const paidDay = localDateTime(order.finalAtMs ?? order.createdAtMs, timeZone).date
      // Paid just after midnight, and asked to be reversed just before: still that day.
      if (paidDay < localDateTime(nowMs, timeZone).date) return "REVERSE_WINDOW_CLOSED"
      // A refund moved money, or may yet: the whole amount cannot go back any more.
      if (heldCount(order.reservations) > 0) return "ORDER_STATE_FORBIDS"
      return apply(order, "undoStarted", nowMs, { lease })
    }
    case "REVERSING":
    case "UNDOING":
    case "FAILED":
    case "CLOSED":
    case "RETRACTED":
      return undefined
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
async function undoWithinCall(
  ports: ReversePorts,
  { order, held }: Begun,
  arrivedMs: number,
): Promise<Order> {
  if (legsToUndo(order).length === 0) return order
  const dueMs = arrivedMs + ports.answerWithinMs - STEP_RESERVE_MS
  let progress: UndoProgress = { tradeNo: order.tradeNo }
  let mine = held
  while (ports.clock.monotonicMs() < dueMs) {
    const step = await undoOrder(ports, progress, dueMs, mine)
    mine = undefined
    if (step.done) return (await ports.orders.read(order.tradeNo)) ?? order
    if (ports.clock.monotonicMs() + step.waitMs >= dueMs) break
    await ports.clock.sleep(step.waitMs)
    progress = step
  }
  // Where the workflow cannot be started now, the recovery starts it: the merchant's answer is the same.
  await ports.undoings.ensure(order.tradeNo).catch(() => undefined)
  return order
}

function refuse(code: ReverseRefusal): ReverseResult {
  return { ok: false, refusal: { code } }
}

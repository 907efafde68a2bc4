/** I4 as it happens: what money moves for which refund, what is written of it, and what an order holds for it. */

import type { Order } from "../../domain/order.ts"
import { channelOrderNoOf } from "../../domain/order-number.ts"
import type { Refund } from "../../domain/refund.ts"
import { channelRefundNoOf } from "../../domain/refund-number.ts"
import { heldCount, heldFen, reservationOf } from "../../domain/reservation.ts"
import type { BookLine } from "./channel-books.ts"
import { MAX_SKEW_MS } from "./processes.ts"
import type { World } from "./world.ts"

const REFUND_ID_DIGITS = 26
/** The numbers under which a whole order is undone. */
const UNDOING = /^\d+U\d*$/

/** The number under which a channel knows a refund at present. */
export function channelRefundNo({ refundId, legNo, channelNo }: Refund): string {
  return channelRefundNoOf(refundId, legNo, channelNo)
}

/** What a channel gives back belongs to a refund that is being made, of that order and amount, and held on the order. */
export function returnedRightly(world: World, line: BookLine): string[] {
  const number = line.channelRefundNo
  if (number === undefined || UNDOING.test(number)) return []
  const { tables, refundNameOf } = world
  const refundId = number.slice(0, REFUND_ID_DIGITS)
  const name = refundNameOf(refundId)
  const refund = tables.refunds.get(refundId)
  if (!refund || channelRefundNo(refund) !== number)
    return [`I4: money went back for ${name} under ${number}, which is no number it has`]
  const wrong: string[] = []
  if (linesOf(world, refund).length > 1) wrong.push(`I4: ${name} moved money twice`)
  if (refund.state !== "PROCESSING") wrong.push(`I4: ${name} is ${refund.state} and moved money now`)
  if (-line.amountFen !== refund.amountFen || line.channelOrderNo !== orderNoOf(refund))
    wrong.push(`I4: ${name} moved ${-line.amountFen} fen of another order or amount`)
  const order = tables.orders.get(refund.tradeNo)
  const held = order && reservationOf(order, refundId)
  if (held?.state !== "HELD" || held.generation !== refund.generation)
    wrong.push(`I4: ${name} moved money that was not held for it on its order`)
  return wrong
}

/** A refund that is written down as done stands in the books, and one that failed has moved nothing under any number. */
export function toldByTheBooks(world: World, refund: Refund): string[] {
  const lines = linesOf(world, refund)
  const name = world.refundNameOf(refund.refundId)
  if (refund.state === "SUCCEEDED" && (lines.length !== 1 || lines[0]?.amountFen !== -refund.amountFen))
    return [`I4: ${name} is SUCCEEDED and its channel gave back ${returnedFen(lines)} fen`]
  if ((refund.state === "FAILED" || refund.state === "RETRACTED") && lines.length > 0)
    return [`I4: ${name} is ${refund.state} and its channel gave back ${returnedFen(lines)} fen`]
  return []
}

/** A word that may be another one later fails a refund only when it was heard again, long enough after it was first heard. */
export function refusedForGood(world: World, refund: Refund): string[] {
  if (refund.state !== "FAILED" || refund.channelCode !== FOR_NOW) return []
  const sinceMs = world.time.monotonicMs() - (world.refusedForNow.get(channelRefundNo(refund)) ?? 0)
  if (sinceMs >= world.settings.lateChargeMs - CLOCKS_DIFFER_MS) return []
  return [`I3: ${world.refundNameOf(refund.refundId)} is FAILED by a word that was not heard for long enough`]
}

const FOR_NOW = "INVALID_REQUEST"
const CLOCKS_DIFFER_MS = 2 * MAX_SKEW_MS

/** No more is held than was paid, and an order of which anything is held for a refund is not undone as a whole. */
export function reservedRightly(before: Order | undefined, after: Order): string[] {
  const name = after.outRequestNo
  const wrong: string[] = []
  if (heldFen(after.reservations) > after.totalFen)
    wrong.push(`I4: more of ${name} is held for refunds than was paid`)
  if (after.state === "UNDOING" && heldCount(after.reservations) > 0)
    wrong.push(`I4: ${name} is undone as a whole, though some of it is held for a refund`)
  const forgotten = before?.reservations.some((it) => !reservationOf(after, it.refundId)) ?? false
  if (forgotten) wrong.push(`I4: ${name} forgot a refund that was sent for it`)
  return wrong
}

/** What moved for a refund, under whichever of its numbers. */
export function linesOf(world: World, { refundId }: Refund): BookLine[] {
  return world
    .lines()
    .filter(({ channelRefundNo: no }) => no !== undefined && !UNDOING.test(no) && no.startsWith(refundId))
}

export function returnedFen(lines: readonly BookLine[]): number {
  return lines.reduce((sum, line) => sum - line.amountFen, 0)
}

function orderNoOf({ tradeNo, legNo }: Refund): string {
  return channelOrderNoOf(tradeNo, legNo)
}

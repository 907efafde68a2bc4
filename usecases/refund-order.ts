/**
 * Giving money of a paid order back at the merchant's wish (A11). The way of a refund, where every await can be the last:
 *
 * 1. put the refund: it claims the number;
 * 2. hold its amount on the order, by that number: all that is held never comes to more than was paid;
 * 3. ask the channel, only when both stand there;
 * 4. write the result; where it was refused for certain, let the amount go again.
 *
 * What is not certain by then goes on by itself (poll-refund.ts), under the same number. Refused before 3, the number is free
 * again.
 */
import { localDateTime } from "../domain/days.ts"
import { LEASE_MS, type Order, paidAtMs } from "../domain/order.ts"
import { applyToRefund, isSameRefund, newRefund, type Refund, type RefundRequest } from "../domain/refund.ts"
import { refundIdOf } from "../domain/refund-number.ts"
import { heldFen, MOST_REFUNDS } from "../domain/reservation.ts"
import { askRefundAlongPlan, askRefundOnce } from "./ask-refund.ts"
import type { Merchant, MerchantStore, PollQueue } from "./ports.ts"
import { findOrder, type OrderNumbers } from "./query-order.ts"
import { askForRefund, type RefundPorts } from "./refund-step.ts"
import { holdFor } from "./reserve-refund.ts"
import { STEP_RESERVE_MS } from "./undo-order.ts"

export type RefundOrderPorts = RefundPorts & {
  merchants: MerchantStore
  polls: PollQueue
  answerWithinMs: number
}

export type RefundRefusal =
  | "ORDER_NOT_FOUND"
  | "ORDER_STATE_FORBIDS"
  | "REFUND_EXCEEDS_PAID"
  | "REFUND_WINDOW_CLOSED"
  | "REFUND_NO_REUSED"

export type RefundResult =
  | { ok: true; refund: Refund; timeZone: string }
  | { ok: false; refusal: { code: RefundRefusal } }

/** What the lease must still hold beyond the channel's time-out when a refund is sent: time to write the result. */
const LEASE_RESERVE_MS = 2_000

/**
 * @param arrived when the call came: the time for refunds is judged by it, and the answer is due by it
 *
 * Throws where a store fails: the result is then unknown, and asking or sending the same call again is safe.
 */
export async function refundOrder(
  ports: RefundOrderPorts,
  merchantId: string,
  numbers: OrderNumbers,
  request: RefundRequest,
  arrived: { nowMs: number; monotonicMs: number },
): Promise<RefundResult> {
  const merchant = await ports.merchants.read(merchantId)
  if (!merchant) throw new Error(`merchant ${merchantId} has no settings`)
  const { timeZone } = merchant
  const order = await findOrder(ports.orders, merchantId, numbers)
  if (!order) return refuse("ORDER_NOT_FOUND")
  const wanted = wantedRefund(ports, merchant, order, request)
  const refusal = refusalOf(ports, order, request, arrived.nowMs)
  // Refused now, it may have been carried out when it was sent before: then it is told what became of it.
  if (refusal || !wanted)
    return answerBefore(ports, order, request, timeZone, refusal ?? "ORDER_STATE_FORBIDS")
  const put = await ports.refunds.create(wanted)
  if (!put.put) return answerStored(ports, put.stored, wanted, timeZone)
  return refundUntilDue(ports, put.refund, order, timeZone, arrived.monotonicMs)
}

function wantedRefund(
  { clock, random }: RefundOrderPorts,
  { merchantId, timeZone }: Merchant,
  order: Order,
  { outRefundNo, amountFen, notifyUrl }: RefundRequest,
): Refund | undefined {
  const leg = order.legs.find((it) => it.state === "CHARGED")
  if (!leg) return undefined
  const createdAtMs = clock.nowMs()
  return newRefund({
    refundId: refundIdOf(merchantId, outRefundNo),
    merchantId,
    outRefundNo,
    tradeNo: order.tradeNo,
    outRequestNo: order.outRequestNo,
    storeId: order.storeId,
    uid: order.uid,
    payType: order.payType,
    legNo: leg.no,
    channel: leg.channel,
    amountFen,
    totalFen: order.totalFen,
    notifyUrl,
    lease: { holder: random.id(createdAtMs), untilMs: createdAtMs + LEASE_MS },
    day: localDateTime(createdAtMs, timeZone).date,
    createdAtMs,
  })
}

function refusalOf(
  { channels, settings }: RefundOrderPorts,
  order: Order,
  { amountFen }: RefundRequest,
  nowMs: number,
): RefundRefusal | undefined {
  if (order.state !== "PAID") return "ORDER_STATE_FORBIDS"
  const channelId = order.legs.find((it) => it.state === "CHARGED")?.channel
  const able = channelId && channels[channelId]?.capabilities.refund
  if (!able || order.reservations.length >= Math.min(able.maxParts, MOST_REFUNDS))
    return "ORDER_STATE_FORBIDS"
  if (heldFen(order.reservations) + amountFen > order.totalFen) return "REFUND_EXCEEDS_PAID"
  const windowMs = Math.min(able.windowMs, settings.refundWindowsMs[channelId] ?? able.windowMs)
  const ageMs = nowMs - (paidAtMs(order) ?? order.createdAtMs)
  return ageMs > windowMs ? "REFUND_WINDOW_CLOSED" : undefined
}

async function answerBefore(
  ports: RefundOrderPorts,
  order: Order,
  request: RefundRequest,
  timeZone: string,
  refusal: RefundRefusal,
): Promise<RefundResult> {
  const { merchantId, tradeNo } = order
  const stored = await ports.refunds.read(refundIdOf(merchantId, request.outRefundNo))
  if (!stored || stored.state === "RETRACTED") return refuse(refusal)
  return answerStored(ports, stored, { ...request, tradeNo }, timeZone)
}

async function answerStored(
  ports: RefundOrderPorts,
  stored: Refund,
  asked: Pick<Refund, "tradeNo" | "amountFen" | "notifyUrl">,
  timeZone: string,
): Promise<RefundResult> {
  if (!isSameRefund(stored, asked)) return refuse("REFUND_NO_REUSED")
  await askRefundOnce(ports, stored)
  return { ok: true, refund: stored, timeZone }
}

/** What is done by the time the answer is due; the rest goes on by itself, since its beginning stands in the store. */
async function refundUntilDue(
  ports: RefundOrderPorts,
  refund: Refund,
  order: Order,
  timeZone: string,
  arrivedMs: number,
): Promise<RefundResult> {
  const { clock } = ports
  const dueMs = arrivedMs + ports.answerWithinMs
  const answered = new AbortController()
  const sofar: RefundResult = { ok: true, refund, timeZone }
  const late = clock.sleep(Math.max(0, dueMs - clock.monotonicMs()), answered.signal).then(
    () => sofar,
    () => sofar,
  )
  const result = await Promise.race([send(ports, refund, order, timeZone, dueMs - STEP_RESERVE_MS), late])
  answered.abort()
  return result
}

async function send(
  ports: RefundOrderPorts,
  refund: Refund,
  order: Order,
  timeZone: string,
  dueMonotonicMs: number,
): Promise<RefundResult> {
  const held = await holdFor(ports, order, refund)
  if (!held.ok) {
    if (held.code === "LEASE_OVER") return { ok: true, refund, timeZone }
    return retract(ports, refund, held.code, timeZone)
  }
  const { clock, settings } = ports
  const latestMs = (refund.lease?.untilMs ?? 0) - settings.channelTimeoutMs - LEASE_RESERVE_MS
  const present =
    clock.nowMs() > latestMs ? refund : await askForRefund(ports, refund, held.order, dueMonotonicMs)
  await askRefundAlongPlan(ports, present)
  return { ok: true, refund: present, timeZone }
}

/**
 * Another was faster: nothing was sent under this number, and it is free again. Unless somebody has gone on with it since our
 * lease ended: then it may yet be sent, and the answer is what stands there.
 */
async function retract(
  ports: RefundOrderPorts,
  refund: Refund,
  code: RefundRefusal,
  timeZone: string,
): Promise<RefundResult> {
  const next = applyToRefund(refund, "retracted", ports.clock.nowMs(), { lease: undefined })
  const result = await ports.refunds.advance(refund, next)
  return result.written ? refuse(code) : answerStored(ports, result.stored, refund, timeZone)
}

function refuse(code: RefundRefusal): RefundResult {
  return { ok: false, refusal: { code } }
}

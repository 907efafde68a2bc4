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
import {
  applyToRefund,
  isFreshClaim,
  isSameRefund,
  newRefund,
  type Refund,
  type RefundRequest,
} from "../domain/refund.ts"
import { refundIdOf } from "../domain/refund-number.ts"
import { heldCount, heldFen, MOST_REFUNDS } from "../domain/reservation.ts"
import { askRefundAlongPlan, askRefundOnce } from "./ask-refund.ts"
import type { Merchant, MerchantStore, PollQueue } from "./ports.ts"
import { findOrder, type OrderNumbers } from "./query-order.ts"
import { askForRefund, type RefundPorts } from "./refund-step.ts"
import { holdFor, isHeld } from "./reserve-refund.ts"
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
  /** The stores did not answer in time; the result is unknown, ask for it. */
  | "SYSTEM_ERROR"

export type RefundResult =
  | { ok: true; refund: Refund; timeZone: string }
  | { ok: false; refusal: { code: RefundRefusal } }

/** Between looking again whether an amount is held by now. */
const LOOK_AGAIN_MS = 50

/** One call: what was asked for, and by when it is answered. */
type Asking = { request: RefundRequest; timeZone: string; dueMonotonicMs: number }

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
  const asking = { request, timeZone, dueMonotonicMs: arrived.monotonicMs + ports.answerWithinMs }
  const refusal = refusalOf(ports, order, request, arrived.nowMs)
  // Refused now, it may have been carried out when it was sent before: then it is told what became of it.
  if (refusal) return answerBefore(ports, order, asking, refusal)
  return refund(ports, merchant, order, asking)
}

/** Each further round means that another attempt claimed the number and gave it up again in between. */
async function refund(
  ports: RefundOrderPorts,
  merchant: Merchant,
  order: Order,
  asking: Asking,
): Promise<RefundResult> {
  for (;;) {
    const wanted = wantedRefund(ports, merchant, order, asking.request)
    if (!wanted) return refuse("ORDER_STATE_FORBIDS")
    const put = await ports.refunds.create(wanted)
    if (put.put) return refundUntilDue(ports, put.refund, order, asking)
    const answer = await answerStored(ports, put.stored, wanted, asking)
    if (answer !== "given up") return answer
  }
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
  if (!able || heldCount(order.reservations) >= Math.min(able.maxParts, MOST_REFUNDS))
    return "ORDER_STATE_FORBIDS"
  if (heldFen(order.reservations) + amountFen > order.totalFen) return "REFUND_EXCEEDS_PAID"
  const windowMs = Math.min(able.windowMs, settings.refundWindowsMs[channelId] ?? able.windowMs)
  const ageMs = nowMs - (paidAtMs(order) ?? order.createdAtMs)
  return ageMs > windowMs ? "REFUND_WINDOW_CLOSED" : undefined
}

async function answerBefore(
  ports: RefundOrderPorts,
  { merchantId, tradeNo }: Order,
  asking: Asking,
  refusal: RefundRefusal,
): Promise<RefundResult> {
  const stored = await ports.refunds.read(refundIdOf(merchantId, asking.request.outRefundNo))
  if (!stored || stored.state === "RETRACTED") return refuse(refusal)
  const answer = await answerStored(ports, stored, { ...asking.request, tradeNo }, asking)
  return answer === "given up" ? refuse(refusal) : answer
}

/**
 * What stands under the number, once it may be told: a claim whose amount is not held yet may still be given up, and a
 * merchant who had been told of it would look for it in vain.
 */
async function answerStored(
  ports: RefundOrderPorts,
  found: Refund,
  asked: Pick<Refund, "tradeNo" | "amountFen" | "notifyUrl">,
  { timeZone, dueMonotonicMs }: Asking,
): Promise<RefundResult | "given up"> {
  let woken = false
  for (let stored: Refund | undefined = found; ; stored = await ports.refunds.read(found.refundId)) {
    if (!stored || stored.state === "RETRACTED") return "given up"
    if (!isSameRefund(stored, asked)) return refuse("REFUND_NO_REUSED")
    if (!woken) await askRefundOnce(ports, stored)
    woken = true
    if (!isFreshClaim(stored) || (await isHeld(ports, stored))) return { ok: true, refund: stored, timeZone }
    if (ports.clock.monotonicMs() + LOOK_AGAIN_MS >= dueMonotonicMs) return refuse("SYSTEM_ERROR")
    await ports.clock.sleep(LOOK_AGAIN_MS)
  }
}

/** What is done by the time the answer is due; the rest goes on by itself, since its beginning stands in the store. */
async function refundUntilDue(
  ports: RefundOrderPorts,
  refund: Refund,
  order: Order,
  asking: Asking,
): Promise<RefundResult> {
  const { clock } = ports
  const answered = new AbortController()
  const progress: Progress = {}
  const late = clock.sleep(Math.max(0, asking.dueMonotonicMs - clock.monotonicMs()), answered.signal).then(
    () => "late" as const,
    () => "late" as const,
  )
  const result = await Promise.race([send(ports, refund, order, asking, progress), late])
  answered.abort()
  return result === "late" ? (progress.held ?? refuse("SYSTEM_ERROR")) : result
}

/** What may be told, should the deadline come first. */
type Progress = { held?: Extract<RefundResult, { ok: true }> }

async function send(
  ports: RefundOrderPorts,
  refund: Refund,
  order: Order,
  asking: Asking,
  progress: Progress,
): Promise<RefundResult> {
  const { timeZone, dueMonotonicMs } = asking
  const held = await holdFor(ports, order, refund)
  if (!held.ok) {
    if (held.code === "LEASE_OVER") return refuse("SYSTEM_ERROR")
    return retract(ports, refund, held.code, asking)
  }
  progress.held = { ok: true, refund, timeZone }
  const present = await askForRefund(ports, refund, held.order, dueMonotonicMs - STEP_RESERVE_MS)
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
  asking: Asking,
): Promise<RefundResult> {
  const next = applyToRefund(refund, "retracted", ports.clock.nowMs(), { lease: undefined })
  const result = await ports.refunds.advance(refund, next)
  if (result.written) return refuse(code)
  const answer = await answerStored(ports, result.stored, refund, asking)
  return answer === "given up" ? refuse(code) : answer
}

function refuse(code: RefundRefusal): RefundResult {
  return { ok: false, refusal: { code } }
}

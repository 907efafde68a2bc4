/** What a till was told of its orders and refunds, and whether the platform ever contradicted itself (I6). */
import type { PlannedRefund, Sale } from "./day-plan.ts"

/** `yyyyMMdd` and `yyyyMMddHHmmss`, as the platform said it. */
export type Moment = { date: string; time: string }

export type ToldRefund = {
  plan: PlannedRefund
  refundId?: string
  status?: string
  ended?: Moment
  /** The code of the refusal: then nothing was refunded under that number. */
  refused?: string
}

export type ToldOrder = {
  sale: Sale
  tradeNo?: string
  payType?: string
  status?: string
  paid?: Moment
  /** Asked for, and not refused: the order ends closed. */
  reversing: boolean
  reversed?: Moment
  refunds: ToldRefund[]
  /** In plain words. */
  contradictions: string[]
}

export function newOrder(sale: Sale): ToldOrder {
  return { sale, reversing: false, refunds: [], contradictions: [] }
}

/** @param data of applypay or orderquery */
export function hearOrder(order: ToldOrder, data: Record<string, unknown>): void {
  const status = textOf(data.pay_status)
  order.tradeNo = kept(order, "pay_out_trade_no", order.tradeNo, textOf(data.pay_out_trade_no))
  order.payType = textOf(data.pay_type) ?? order.payType
  if (status === "PS_SUCCESS") {
    const told = { date: String(data.pay_date), time: String(data.pay_time) }
    kept(order, "pay_time", order.paid?.time, told.time)
    if (order.status === "PS_FAILED" || order.status === "PS_CLOSED") contradict(order, order.status, status)
    order.paid ??= told
  } else if (order.paid && !order.reversing && status !== "PS_PAYING") {
    contradict(order, "PS_SUCCESS", status)
  }
  // An answer that was long under way may be older than one heard before.
  if (status !== "PS_PAYING" || order.status === undefined) order.status = status
}

/** @param data of reverse */
export function hearReversal(order: ToldOrder, data: Record<string, unknown>): void {
  order.tradeNo = kept(order, "pay_out_trade_no", order.tradeNo, textOf(data.pay_out_trade_no))
  const time = textOf(data.reverse_time)
  if (time === undefined) return
  kept(order, "reverse_time", order.reversed?.time, time)
  order.reversed ??= { date: String(data.reverse_date), time }
}

/** @param data of refund or refundquery */
export function hearRefund(order: ToldOrder, refund: ToldRefund, data: Record<string, unknown>): void {
  const status = textOf(data.pay_refund_status)
  refund.refundId = kept(order, "pay_refund_id", refund.refundId, textOf(data.pay_refund_id))
  if (refund.status !== "RS_PROCESSING" && status !== "RS_PROCESSING") {
    kept(order, "pay_refund_status", refund.status, status)
  }
  if (status !== "RS_PROCESSING" || refund.status === undefined) refund.status = status
  const time = textOf(data.refund_time)
  if (time !== undefined) refund.ended = { date: String(data.refund_date), time }
}

function kept(order: ToldOrder, what: string, before: string | undefined, now: string | undefined) {
  if (before !== undefined && now !== undefined && before !== now) {
    order.contradictions.push(`${order.sale.outRequestNo}: ${what} was ${before} and is now ${now}`)
  }
  return before ?? now
}

function contradict(order: ToldOrder, before: string, now: string | undefined): void {
  order.contradictions.push(`${order.sale.outRequestNo}: the till was told ${before}, later ${now}`)
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined
}

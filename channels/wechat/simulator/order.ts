import type { Fen } from "../../../domain/money.ts"
import type { Ending } from "./endings.ts"

/** Payment by scanned code, agreement payment without an immediate result, agreement payment with one. */
export type Product = "codepay" | "papayApply" | "papayAtOnce"

export type Order = {
  mchid: string
  appid: string
  outTradeNo: string
  transactionId: string
  product: Product
  amountFen: Fen
  openid: string
  attach?: string
  notifyUrl?: string
  /** Same number, other content: refused. */
  contentHash: string
  ending: Ending
  createdAtMs: number
  /** When the money is taken; may lie ahead. Unset: nothing is on its way. */
  moneyAtMs?: number
  busyUntilMs?: number
  reversedAtMs?: number
  /** Money that a reverse gave back, apart from refunds. */
  reversedFen: Fen
  refunds: Refund[]
  notices: Notices
}

/** How often the merchant was told of the payment since it last listened, and how often it listened. */
export type Notices = { tries: number; received: number; lastAtMs: number }

export type Refund = {
  mchid: string
  transactionId: string
  outRefundNo: string
  refundId: string
  amountFen: Fen
  atMs: number
}

export type Contract = { contractId: string; mchid: string; openid: string; ended: boolean }

export function isPaid(order: Order, nowMs: number): boolean {
  return order.moneyAtMs !== undefined && order.moneyAtMs <= nowMs
}

/** What the channel still holds of a paid order. */
export function leftFen(order: Order): Fen {
  return (
    order.amountFen - order.reversedFen - order.refunds.reduce((sum, refund) => sum + refund.amountFen, 0)
  )
}

/** A charge that is still somewhere on its way: the merchant is told that there is no such order. */
export function isHidden(order: Order): boolean {
  return order.ending === "paysAfterFirstReverse" && order.moneyAtMs === undefined
}

export type TradeState = "SUCCESS" | "REFUND" | "CLOSED" | "REVOKED" | "USERPAYING" | "PAYERROR"

/**
 * The states of https://pay.weixin.qq.com/doc/v3/merchant/4012556352. REVOKED exists for payment by code only; the other
 * products show a reversed order as closed, or as refunded where it had been paid.
 */
export function tradeStateOf(order: Order, nowMs: number): TradeState {
  if (order.reversedAtMs !== undefined) {
    if (order.product === "codepay") return "REVOKED"
    return isPaid(order, nowMs) ? "REFUND" : "CLOSED"
  }
  if (order.refunds.length > 0) return "REFUND"
  if (isPaid(order, nowMs)) return "SUCCESS"
  return order.ending === "balanceTooSmall" ? "PAYERROR" : "USERPAYING"
}

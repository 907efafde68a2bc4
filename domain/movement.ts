/**
 * Movements: money that came in or went back, as bills tell it (A18) and as the merchant's account flow will (B5). Made of the
 * transitions whose emissions say so, and of nothing else: what was never paid and was reversed moved nothing.
 */
import type { ChannelId, PayType } from "./channel.ts"
import { localDateTime } from "./days.ts"
import type { Fen } from "./money.ts"
import { couponFenOf, type Order } from "./order.ts"
import { transitionOf } from "./order-states.ts"
import type { Refund } from "./refund.ts"
import { refundTransitionOf } from "./refund-states.ts"

export const MOVEMENT_KINDS = ["PAYMENT", "REVERSAL", "REFUND"] as const
export type MovementKind = (typeof MOVEMENT_KINDS)[number]

export type Movement = {
  kind: MovementKind
  merchantId: string
  storeId: string
  /** The merchant's day and time (`yyyyMMdd`, `yyyyMMddHHmmss`) of the write that made it final. */
  day: string
  time: string
  atMs: number
  payType: PayType
  channel: ChannelId
  /** Always positive; the kind says which way. */
  amountFen: Fen
  /** What of it was, or had been, a discount. */
  couponFen: Fen
  /** What the channel keeps of it. */
  feeFen: Fen
  outRequestNo: string
  tradeNo: string
  outRefundNo?: string
  refundId?: string
  /** The channel's own numbers, and its own time in the merchant's zone. */
  channelTradeNo?: string
  channelRefundNo?: string
  channelTime?: string
  channelAtMs?: number
}

/** One change, as the stream delivers it: possibly twice, possibly out of order. */
export type Change<T> = { before?: T; after: T }

/** What names a movement: delivered as often as may be, it counts once. */
export function identityOf({
  kind,
  tradeNo,
  refundId,
}: Pick<Movement, "kind" | "tradeNo" | "refundId">): string {
  return `${kind}#${refundId ?? tradeNo}`
}

/** The movement that this change of an order is, if it is one. */
export function movementOfOrder({ before, after }: Change<Order>, timeZone: string): Movement | undefined {
  const last = after.events.at(-1)
  const emits = last && transitionOf(before?.state ?? "NONE", last.event)?.emits
  if (!emits) return undefined
  const facts = () => ({
    ...moment(last.atMs, timeZone),
    merchantId: after.merchantId,
    storeId: after.storeId,
    ...paidBy(after),
    amountFen: after.totalFen,
    couponFen: couponFenOf(after),
    feeFen: 0,
    outRequestNo: after.outRequestNo,
    tradeNo: after.tradeNo,
    channelTradeNo: after.legs[0]?.channelTradeNo,
  })
  if (emits.includes("movement.payment")) {
    return { kind: "PAYMENT", ...facts(), ...channelMoment(after.legs[0]?.channelPaidAtMs, timeZone) }
  }
  // No channel tells when it gave back a whole payment.
  return emits.includes("movement.reversal") ? { kind: "REVERSAL", ...facts() } : undefined
}

/** The movement that this change of a refund is, if it is one. */
export function movementOfRefund({ before, after }: Change<Refund>, timeZone: string): Movement | undefined {
  const last = after.events.at(-1)
  const emits = last && refundTransitionOf(before?.state ?? "NONE", last.event)?.emits
  if (!emits?.includes("movement.refund")) return undefined
  if (!after.payType) throw new Error(`refund ${after.refundId} has no pay type`)
  return {
    kind: "REFUND",
    ...moment(last.atMs, timeZone),
    merchantId: after.merchantId,
    storeId: after.storeId,
    payType: after.payType,
    channel: after.channel,
    amountFen: after.amountFen,
    couponFen: after.couponFen ?? 0,
    feeFen: 0,
    outRequestNo: after.outRequestNo,
    tradeNo: after.tradeNo,
    outRefundNo: after.outRefundNo,
    refundId: after.refundId,
    channelRefundNo: after.channelRefundNo,
    ...channelMoment(after.channelReturnedAtMs, timeZone),
  }
}

function paidBy({ tradeNo, payType, legs }: Order): { payType: PayType; channel: ChannelId } {
  const channel = legs[0]?.channel
  if (!payType || !channel) throw new Error(`order ${tradeNo} was paid by nothing`)
  return { payType, channel }
}

function moment(atMs: number, timeZone: string): Pick<Movement, "day" | "time" | "atMs"> {
  const { date, time } = localDateTime(atMs, timeZone)
  return { day: date, time, atMs }
}

function channelMoment(
  atMs: number | undefined,
  timeZone: string,
): Pick<Movement, "channelTime" | "channelAtMs"> {
  return atMs === undefined ? {} : { channelTime: localDateTime(atMs, timeZone).time, channelAtMs: atMs }
}

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

/** Which movement this change of an order is, if it is one. */
export function movementKindOfOrder({
  before,
  after,
}: Change<Order>): Exclude<MovementKind, "REFUND"> | undefined {
  const last = after.events.at(-1)
  const emits = last && transitionOf(before?.state ?? "NONE", last.event)?.emits
  if (emits?.includes("movement.payment")) return "PAYMENT"
  return emits?.includes("movement.reversal") ? "REVERSAL" : undefined
}

/** The movement that this change of an order is, if it is one. */
export function movementOfOrder(change: Change<Order>, timeZone: string): Movement | undefined {
  const kind = movementKindOfOrder(change)
  if (!kind) return undefined
  const { after } = change
  const [leg] = after.legs
  return {
    kind,
    ...moment(after.events.at(-1), timeZone),
    merchantId: after.merchantId,
    storeId: after.storeId,
    ...paidBy(after),
    amountFen: after.totalFen,
    couponFen: couponFenOf(after),
    feeFen: 0,
    outRequestNo: after.outRequestNo,
    tradeNo: after.tradeNo,
    channelTradeNo: leg?.channelTradeNo,
    // No channel tells when it gave back a whole payment.
    ...(kind === "PAYMENT" ? channelMoment(leg?.channelPaidAtMs, timeZone) : {}),
  }
}

/** Whether this change of a refund is a movement. */
export function isRefundMovement({ before, after }: Change<Refund>): boolean {
  const last = after.events.at(-1)
  const emits = last && refundTransitionOf(before?.state ?? "NONE", last.event)?.emits
  return emits?.includes("movement.refund") ?? false
}

/** The movement that this change of a refund is, if it is one. */
export function movementOfRefund(change: Change<Refund>, timeZone: string): Movement | undefined {
  if (!isRefundMovement(change)) return undefined
  const { after } = change
  return {
    kind: "REFUND",
    ...moment(after.events.at(-1), timeZone),
    merchantId: after.merchantId,
    storeId: after.storeId,
    payType: after.payType ?? OF_CHANNEL[after.channel],
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
  if (!channel) throw new Error(`order ${tradeNo} was paid by nothing`)
  return { payType: payType ?? OF_CHANNEL[channel], channel }
}

/** Where the code did not say it. */
const OF_CHANNEL: Readonly<Record<ChannelId, PayType>> = {
  wechat: "CT_WECHAT",
  alipay: "CT_ALIPAY",
  unionpay: "CT_UNION",
  mpay: "CT_MPAY",
}

/** Of the write that made it final. */
function moment(
  last: { atMs: number } | undefined,
  timeZone: string,
): Pick<Movement, "day" | "time" | "atMs"> {
  if (!last) throw new Error("a movement without an event")
  const { atMs } = last
  const { date, time } = localDateTime(atMs, timeZone)
  return { day: date, time, atMs }
}

function channelMoment(
  atMs: number | undefined,
  timeZone: string,
): Pick<Movement, "channelTime" | "channelAtMs"> {
  return atMs === undefined ? {} : { channelTime: localDateTime(atMs, timeZone).time, channelAtMs: atMs }
}

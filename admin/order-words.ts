/** An order in plain words. What must not be seen (fingerprint, payment ID, what the merchant sent along) is left out. */
import type { Fen } from "../domain/money.ts"
import { type Leg, type LegState, leaseHeld, type Order } from "../domain/order.ts"
import { channelOrderNoOf } from "../domain/order-number.ts"
import type { OrderEventName, OrderState } from "../domain/order-states.ts"
import type { Reservation } from "../domain/reservation.ts"
import { legsToUndo } from "../domain/undo-outcome.ts"
import { inWords, localTime } from "./times.ts"

export const STATE_WORDS: Readonly<Record<OrderState, string>> = {
  PAYING: "not known yet whether it is paid",
  RETRACTED: "given up before a channel was asked; the number is free",
  PAID: "paid",
  FAILED: "not paid",
  REVERSING: "being undone, not known whether it was paid",
  UNDOING: "paid, the money is on its way back",
  CLOSED: "closed for good",
}

const EVENT_WORDS: Readonly<Record<OrderEventName, string>> = {
  accepted: "accepted",
  refused: "refused: the code cannot pay",
  closedUnseen: "reversed before it was ever seen",
  retracted: "given up before a channel was asked",
  charged: "the channel says it took the money",
  declined: "the channel will not take the money",
  passwordAsked: "the customer is asked for the password",
  reversalStarted: "undoing begins, fate unknown",
  reversed: "undone: the channel holds nothing",
  undoStarted: "undoing of the payment begins",
  undone: "the whole amount went back",
  undoRefused: "the channel refuses to give it back",
  surplusFound: "the channel holds money for it all the same",
  surplusReturned: "that money went back",
}

const LEG_WORDS: Readonly<Record<LegState, string>> = {
  PENDING: "nobody knows yet",
  CHARGED: "took the money",
  DECLINED: "never took the money",
  VOID: "undone before it took the money",
  RETURNED: "took the money and gave it back",
}

export function yuan(fen: Fen): string {
  return `${(fen / 100).toFixed(2)} yuan`
}

export function describeOrder(order: Order, nowMs: number, timeZone: string): string[] {
  const { tradeNo, merchantId, outRequestNo, storeId, state, failure, uid, payType } = order
  const at = (atMs: number) => localTime(atMs, timeZone)
  return [
    `order    ${tradeNo}`,
    `merchant ${merchantId}, its number ${outRequestNo}${storeId ? `, shop ${storeId}` : ""}`,
    `amount   ${yuan(order.totalFen)}${order.body ? ` for ${order.body}` : ""}`,
    `state    ${state}: ${stateWords(order)}`,
    ...(failure
      ? [`because  ${failure.code}${failure.channelCode ? ` (the channel: ${failure.channelCode})` : ""}`]
      : []),
    ...(uid ? [`customer ${uid}`] : []),
    ...(payType ? [`pay type ${payType}`] : []),
    `made     ${at(order.createdAtMs)}, ${inWords(nowMs - order.createdAtMs)} ago (${timeZone})`,
    ...(order.finalAtMs === undefined ? [] : [`final    ${at(order.finalAtMs)}`]),
    `lease    ${leaseWords(order, nowMs, at)}`,
    ...order.legs.flatMap((leg) => describeLeg(order, leg, at)),
    ...order.reservations.map(describeReservation),
    "events",
    ...order.events.map(({ event, atMs }) => `  ${at(atMs)}  ${EVENT_WORDS[event]}`),
  ]
}

export function orderAsJson(order: Order) {
  return {
    tradeNo: order.tradeNo,
    merchantId: order.merchantId,
    outRequestNo: order.outRequestNo,
    storeId: order.storeId,
    body: order.body,
    totalFen: order.totalFen,
    state: order.state,
    version: order.version,
    failure: order.failure,
    uid: order.uid,
    payType: order.payType,
    day: order.day,
    createdAtMs: order.createdAtMs,
    finalAtMs: order.finalAtMs,
    leaseUntilMs: order.lease?.untilMs,
    legs: order.legs.map((leg) => ({ ...leg, channelOrderNo: channelOrderNoOf(order.tradeNo, leg.no) })),
    reservations: order.reservations,
    events: order.events,
  }
}

function describeReservation({ refundId, amountFen, state }: Reservation): string {
  return `refund   ${refundId}, ${yuan(amountFen)}${state === "HELD" ? "" : ", which failed"}`
}

function stateWords(order: Order): string {
  const surplus = (order.state === "FAILED" || order.state === "CLOSED") && legsToUndo(order).length > 0
  return `${STATE_WORDS[order.state]}${surplus ? ", but a channel holds money for it" : ""}`
}

function leaseWords(order: Order, nowMs: number, at: (atMs: number) => string): string {
  if (!order.lease) return "nobody acts on it"
  return leaseHeld(order, nowMs)
    ? `somebody acts on it until ${at(order.lease.untilMs)}`
    : `ended ${at(order.lease.untilMs)}`
}

function describeLeg(order: Order, leg: Leg, at: (atMs: number) => string): string[] {
  const { no, channel, accountId, intent, amountFen, state, channelTradeNo, couponFen, channelPaidAtMs } = leg
  return [
    `leg ${no}    ${channel}, account ${accountId}, by ${intent}, ${yuan(amountFen)}`,
    `  ${state}: ${LEG_WORDS[state]}${channelPaidAtMs === undefined ? "" : `, at ${at(channelPaidAtMs)}`}`,
    `  its number ${channelOrderNoOf(order.tradeNo, no)}${channelTradeNo ? `, the channel's ${channelTradeNo}` : ""}`,
    ...(couponFen ? [`  discount ${yuan(couponFen)}`] : []),
  ]
}

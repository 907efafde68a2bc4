/** A refund in plain words. */
import type { Refund } from "../domain/refund.ts"
import { refundLeaseHeld } from "../domain/refund.ts"
import { channelRefundNoOf } from "../domain/refund-number.ts"
import type { RefundEventName, RefundState } from "../domain/refund-states.ts"
import { yuan } from "./order-words.ts"
import { inWords, localTime } from "./times.ts"

export const REFUND_STATE_WORDS: Readonly<Record<RefundState, string>> = {
  PROCESSING: "not known yet whether it went back",
  RETRACTED: "refused before a channel was asked; the number is free",
  SUCCEEDED: "the money went back",
  FAILED: "the channel gave nothing back",
}

const EVENT_WORDS: Readonly<Record<RefundEventName, string>> = {
  claimed: "asked for",
  retracted: "refused before a channel was asked",
  returned: "the channel says that it went back",
  refused: "the channel definitely refuses it",
  sentAgain: "sent again by a person",
}

export function describeRefund(refund: Refund, nowMs: number, timeZone: string): string[] {
  const { refundId, merchantId, outRefundNo, tradeNo, outRequestNo, state, channelCode, generation } = refund
  const at = (atMs: number) => localTime(atMs, timeZone)
  return [
    `refund   ${refundId}`,
    `merchant ${merchantId}, its number ${outRefundNo}`,
    `order    ${tradeNo}, the merchant's ${outRequestNo}`,
    `amount   ${yuan(refund.amountFen)} of ${yuan(refund.totalFen)}`,
    `state    ${state}: ${REFUND_STATE_WORDS[state]}`,
    ...(channelCode ? [`because  ${channelCode}`] : []),
    `channel  ${refund.channel}, under ${channelRefundNoOf(refundId, refund.legNo, generation)}`,
    ...(refund.channelRefundNo ? [`         the channel's ${refund.channelRefundNo}`] : []),
    `made     ${at(refund.createdAtMs)}, ${inWords(nowMs - refund.createdAtMs)} ago (${timeZone})`,
    ...(refund.finalAtMs === undefined ? [] : [`final    ${at(refund.finalAtMs)}`]),
    `lease    ${refundLeaseHeld(refund, nowMs) ? "somebody acts on it" : "nobody acts on it"}`,
    "events",
    ...refund.events.map(({ event, atMs }) => `  ${at(atMs)}  ${EVENT_WORDS[event]}`),
  ]
}

export function refundAsJson({ lease, notifyUrl: _, ...refund }: Refund) {
  return {
    ...refund,
    leaseUntilMs: lease?.untilMs,
    channelOutRefundNo: channelRefundNoOf(refund.refundId, refund.legNo, refund.generation),
  }
}

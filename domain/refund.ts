import type { ChannelId, PayType } from "./channel.ts"
import type { Fen } from "./money.ts"
import type { Lease } from "./order.ts"
import { LEASE_MS } from "./order.ts"
import { nextRefundState, type RefundEventName, type RefundState } from "./refund-states.ts"

/** What a merchant asks for in refund. */
export type RefundRequest = { outRefundNo: string; amountFen: Fen; notifyUrl?: string }

export type RefundEvent = { event: RefundEventName; atMs: number }

/** Money given back of a paid order, under a number of its own. Several may exist of one order. */
export type Refund = {
  /** `pay_refund_id`. */
  refundId: string
  merchantId: string
  outRefundNo: string
  /** The order it is of. */
  tradeNo: string
  outRequestNo: string
  storeId: string
  uid?: string
  payType?: PayType
  /** The leg whose money goes back, and its channel. */
  legNo: number
  channel: ChannelId
  amountFen: Fen
  /** What the order came to. */
  totalFen: Fen
  notifyUrl?: string
  state: RefundState
  /** Rises by one with each write. */
  version: number
  /** 1, and one more for each time a person sends a failed one again: each is held on the order anew. */
  generation: number
  /** Which of its numbers at the channel is in use: the same again, unless the channel said that it ended. */
  channelNo: number
  /** Who may talk to the channel about it, and until when. */
  lease?: Lease
  /** When something was last sent under this generation's number whose end was not heard: it may still be carried out. */
  unansweredAtMs?: number
  /** When the channel first refused it in words that may be others in a while: they count when they are heard again. */
  refusedAtMs?: number
  /** The channel's own number of it. */
  channelRefundNo?: string
  /** What of it had been a discount, and so went back to whoever granted that. */
  couponFen?: Fen
  /** Why it failed, in the channel's word. */
  channelCode?: string
  /** The channel's own time of it. */
  channelReturnedAtMs?: number
  /** The merchant's day on which it was asked for, `yyyyMMdd`. */
  day: string
  createdAtMs: number
  /** When the write that made it final was made: it decides the day of its movement. */
  finalAtMs?: number
  events: readonly RefundEvent[]
}

/** The refund as it is first written. */
export function newRefund(
  facts: Omit<
    Refund,
    | "state"
    | "version"
    | "generation"
    | "channelNo"
    | "events"
    | "finalAtMs"
    | "unansweredAtMs"
    | "refusedAtMs"
  >,
): Refund {
  return {
    ...facts,
    state: nextRefundState("NONE", "claimed"),
    version: 1,
    generation: 1,
    channelNo: 1,
    events: [{ event: "claimed", atMs: facts.createdAtMs }],
  }
}

/** Changes to a refund that are one write: the state table says where it goes, the version that nobody was faster. */
export function applyToRefund(
  refund: Refund,
  event: RefundEventName,
  atMs: number,
  change: Partial<
    Pick<
      Refund,
      | "lease"
      | "generation"
      | "channelNo"
      | "unansweredAtMs"
      | "refusedAtMs"
      | "channelRefundNo"
      | "couponFen"
      | "channelCode"
      | "channelReturnedAtMs"
    >
  > = {},
): Refund {
  const state = nextRefundState(refund.state, event)
  const final = state === "SUCCEEDED" || state === "FAILED"
  return {
    ...refund,
    ...change,
    state,
    version: refund.version + 1,
    finalAtMs: final ? atMs : undefined,
    events: [...refund.events, { event, atMs }],
  }
}

/** The same refund under a new lease. What the last holder may have sent, unanswered, is remembered. */
export function withRefundLease(refund: Refund, holder: string, nowMs: number): Refund {
  return {
    ...refund,
    version: refund.version + 1,
    lease: { holder, untilMs: nowMs + LEASE_MS },
    unansweredAtMs: refund.lease ? refund.lease.untilMs : refund.unansweredAtMs,
  }
}

/** When this generation of it began. */
export function begunAtMs(refund: Refund): number {
  const begun = refund.events.findLast((it) => it.event === "claimed" || it.event === "sentAgain")
  return begun?.atMs ?? refund.createdAtMs
}

/**
 * Its number is claimed and nobody has written to it since: its amount need not be held yet, and it may still be refused, so
 * nobody may be told of it.
 */
export function isFreshClaim({ state, events, lease }: Refund): boolean {
  const last = events.at(-1)
  return state === "PROCESSING" && last?.event === "claimed" && lease?.untilMs === last.atMs + LEASE_MS
}

/** The lease is let go: whoever is next need not wait for it. What is not told of the last asking stays as it was. */
export function withoutRefundLease(
  refund: Refund,
  { unansweredAtMs = refund.unansweredAtMs, refusedAtMs = refund.refusedAtMs }: LastAsking = {},
): Refund {
  return { ...refund, version: refund.version + 1, lease: undefined, unansweredAtMs, refusedAtMs }
}

export type LastAsking = Partial<Pick<Refund, "unansweredAtMs" | "refusedAtMs">>

export function refundLeaseHeld(refund: Refund, nowMs: number): boolean {
  return refund.lease !== undefined && refund.lease.untilMs > nowMs
}

/** The same number with other content is another refund: order, amount and address for notifications. */
export function isSameRefund(a: Refund, b: Pick<Refund, "tradeNo" | "amountFen" | "notifyUrl">): boolean {
  return a.tradeNo === b.tradeNo && a.amountFen === b.amountFen && a.notifyUrl === b.notifyUrl
}

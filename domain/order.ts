import type { ChannelId, PayErrorCode, PayType } from "./channel.ts"
import { keyedHash, sha256 } from "./hash.ts"
import type { Fen } from "./money.ts"
import { tradeNoOf } from "./order-number.ts"
import { isFinal, nextState, type OrderEventName, type OrderState } from "./order-states.ts"
import type { Reservation } from "./reservation.ts"

/** How long the holder of an order may act on it: longer than function time-out (12 s) + channel time-out (7 s). */
export const LEASE_MS = 25_000

/** What a merchant asks for in applypay. Amounts in fen; lengths are limited at the edge so that an item stays under 1 KB. */
export type PayRequest = {
  merchantId: string
  outRequestNo: string
  code: string
  body: string
  totalFen: Fen
  storeId: string
  extraData?: string
  notifyUrl?: string
}

/** How a leg is to be charged: by the code that the channel itself issued, or by the customer's agreement. */
export type LegIntent = "code" | "agreement"

/**
 * PENDING: nobody knows yet. CHARGED, DECLINED: the channel took the money, or says it never will. VOID: undone before the
 * channel took anything. RETURNED: it took the money and gave it back. Each only by a clear word of the channel.
 */
export type LegState = "PENDING" | "CHARGED" | "DECLINED" | "VOID" | "RETURNED"

/** The part of an order that one channel pays. Combined payment adds legs; nothing else changes for it. */
export type Leg = {
  no: number
  channel: ChannelId
  /** The merchant's account at that channel and the version of its settings: later queries must use the same. */
  accountId: string
  settingsVersion: number
  intent: LegIntent
  amountFen: Fen
  state: LegState
  channelTradeNo?: string
  /** Discount that the channel or the merchant granted: the customer paid that much less. */
  couponFen?: Fen
  /** The channel's own time of the payment. */
  channelPaidAtMs?: number
}

/** Who may talk to the channel about this order, and until when. */
export type Lease = { holder: string; untilMs: number }

export type OrderEvent = { event: OrderEventName; atMs: number }

export type Order = {
  tradeNo: string
  merchantId: string
  outRequestNo: string
  storeId: string
  body: string
  extraData?: string
  notifyUrl?: string
  totalFen: Fen
  fingerprint: string
  state: OrderState
  /** Rises by one with each write. */
  version: number
  /** The customer, where the code was ours. */
  uid?: string
  payType?: PayType
  legs: readonly Leg[]
  lease?: Lease
  failure?: { code: PayErrorCode; channelCode?: string }
  /** The payment ID of the code that pays, where it is ours. */
  payId?: string
  /** The merchant's day on which it was made, `yyyyMMdd`. */
  day: string
  createdAtMs: number
  /** When the write that made it final was made: it decides the day of its movement. */
  finalAtMs?: number
  /** When something was last sent to undo it that brought no certain answer: it may still be on its way. */
  undoUnansweredAtMs?: number
  /** Under which of its numbers it goes back when it is undone, from 1: another only where the channel says that one ended. */
  undoNo?: number
  /** What of it is spoken for by refunds: an entry for each that was ever sent. */
  reservations: readonly Reservation[]
  events: readonly OrderEvent[]
}

/** Fingerprint of a request: the same number with another fingerprint is refused (I6). Keyed, since it covers the code. */
export function fingerprintOf(codeKey: Buffer, request: PayRequest): string {
  return keyedHash(codeKey, [
    "request",
    request.code,
    request.body,
    String(request.totalFen),
    request.storeId,
    request.extraData ?? "",
    request.notifyUrl ?? "",
  ])
    .toString("base64url")
    .slice(0, 16)
}

/** Who owns a code: this request for this order, and no other. */
export function codeOwnerOf(tradeNo: string, fingerprint: string): string {
  return sha256(["owner", tradeNo, fingerprint]).toString("base64url").slice(0, 22)
}

/** The legs of an order with one of them changed. */
export function changeLeg(order: Order, legNo: number, change: Partial<Leg>): Leg[] {
  return order.legs.map((leg) => (leg.no === legNo ? { ...leg, ...change } : leg))
}

export type FirstEvent = Extract<OrderEventName, "accepted" | "refused" | "closedUnseen">

/** The order as it is first written. */
export function newOrder(
  request: PayRequest,
  event: FirstEvent,
  facts: Pick<Order, "fingerprint" | "createdAtMs" | "day"> &
    Partial<Pick<Order, "uid" | "payType" | "legs" | "lease" | "failure" | "payId">>,
): Order {
  const state = nextState("NONE", event)
  return {
    tradeNo: tradeNoOf(request.merchantId, request.outRequestNo),
    merchantId: request.merchantId,
    outRequestNo: request.outRequestNo,
    storeId: request.storeId,
    body: request.body,
    ...(request.extraData === undefined ? {} : { extraData: request.extraData }),
    ...(request.notifyUrl === undefined ? {} : { notifyUrl: request.notifyUrl }),
    totalFen: request.totalFen,
    state,
    version: 1,
    legs: [],
    reservations: [],
    ...facts,
    ...(state === "PAYING" ? {} : { finalAtMs: facts.createdAtMs }),
    events: [{ event, atMs: facts.createdAtMs }],
  }
}

/** Changes to an order that are one write: the state table says where it goes, the version makes sure nobody was faster. */
export function apply(
  order: Order,
  event: OrderEventName,
  atMs: number,
  change: Partial<Pick<Order, "legs" | "failure" | "lease">> = {},
): Order {
  const state = nextState(order.state, event)
  // An undo that was refused leaves the payment as it was, day and all.
  const becomesFinal = state !== order.state && isFinal(state) && event !== "undoRefused"
  return {
    ...order,
    ...change,
    state,
    version: order.version + 1,
    ...(becomesFinal ? { finalAtMs: atMs } : {}),
    events: [...order.events, { event, atMs }],
  }
}

/**
 * The same order under a new lease: who holds it may talk to the channel about undoing. No change of state. What the last
 * holder may have sent, unanswered, is remembered.
 */
export function withLease(order: Order, holder: string, nowMs: number): Order {
  return {
    ...order,
    version: order.version + 1,
    lease: { holder, untilMs: nowMs + LEASE_MS },
    // Whoever held it last did not say how it ended; who charged under the first lease has sent nothing to undo it.
    undoUnansweredAtMs: order.lease && !isFirstLease(order) ? order.lease.untilMs : order.undoUnansweredAtMs,
  }
}

/** The one that its charge was made under. */
function isFirstLease({ lease, createdAtMs }: Order): boolean {
  return lease?.untilMs === createdAtMs + LEASE_MS
}

export function leaseHeld(order: Order, nowMs: number): boolean {
  return order.lease !== undefined && order.lease.untilMs > nowMs
}

/** A number that is reversed before any order came under it: closed for good, whatever comes later. */
export function closedNumber(
  numbers: Pick<Order, "merchantId" | "outRequestNo">,
  facts: Pick<Order, "createdAtMs" | "day">,
): Order {
  const request = { ...numbers, code: "", body: "", totalFen: 0, storeId: "" }
  return newOrder(request, "closedUnseen", { ...facts, fingerprint: "" })
}

/** Closed by a reversal that came before the order was ever seen: there is no content that another could differ from. */
export function closedUnseen(order: Order): boolean {
  return order.state === "CLOSED" && order.fingerprint === ""
}

/** When the write that made it paid was made. */
export function paidAtMs(order: Order): number | undefined {
  return order.events.find((it) => it.event === "charged")?.atMs
}

export function couponFenOf(order: Order): Fen {
  return order.legs.reduce((sum, leg) => sum + (leg.couponFen ?? 0), 0)
}

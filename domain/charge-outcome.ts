import type { PayErrorCode } from "./channel.ts"
import type { Fen } from "./money.ts"
import { apply, changeLeg, type Leg, type Order } from "./order.ts"

export type Charged = { channelTradeNo: string; couponFen: Fen; paidAtMs?: number }

/**
 * What is known after asking a channel for money. Silence, broken connections, 5xx, unreadable or unsigned answers are
 * `unknown`, never a failure; `silent` where not even a broken answer came. `pending` is the channel's own word that it is at work. `notSent`: no byte left us, since the
 * account could not be opened, say.
 */
export type ChargeOutcome =
  | ({ kind: "charged" } & Charged)
  | { kind: "declined"; code: PayErrorCode; channelCode: string }
  | { kind: "pending"; waitingFor: "channel" | "password" }
  | { kind: "unknown"; cause: string; silent?: true }
  | { kind: "notSent"; cause: string }

/** `notFound` is not a clear word: a charge may still be on its way (design §2). */
export type QueryOutcome =
  | ChargeOutcome
  | { kind: "notFound" }
  | { kind: "closed" }
  | ({ kind: "returned" } & Charged)

/**
 * After asking to undo a charge. `undone`: the channel holds nothing and will take nothing under that number; `notFound` is
 * no clear word here either; `refused`: it cannot be undone this way (any more), query and refund.
 */
export type ReverseOutcome =
  | { kind: "undone" }
  | { kind: "notFound" }
  | { kind: "refused"; channelCode: string }
  | { kind: "unknown"; cause: string }
  | { kind: "notSent"; cause: string }

/**
 * After asking to give money back. `processing`: accepted, not yet done; ask with queryRefund under the same number. `stuck`:
 * the money has left the merchant and reached nobody; a person settles it at the channel. `refused`: nothing went back;
 * `numberEnded` where the channel says so of the refund itself, so that its number can be used for nothing more, `perhapsLater`
 * where the same asking may fare better in a while.
 */
export type ReturnOutcome =
  | { kind: "returned"; channelRefundNo?: string; couponFen?: Fen; returnedAtMs?: number }
  | { kind: "processing" }
  | { kind: "stuck"; channelCode: string }
  | { kind: "refused"; channelCode: string; numberEnded?: true; perhapsLater?: true }
  | { kind: "notFound" }
  | { kind: "unknown"; cause: string }
  | { kind: "notSent"; cause: string }

/** The order with what was learned of one of its legs, or undefined where there is nothing new to write. */
export function afterOutcome(
  order: Order,
  legNo: number,
  outcome: ChargeOutcome,
  nowMs: number,
): Order | undefined {
  switch (outcome.kind) {
    case "charged":
      return afterCharge(order, legNo, outcome, nowMs)
    case "declined":
      return afterDecline(order, legNo, outcome, nowMs)
    case "pending": {
      const known = order.events.some((it) => it.event === "passwordAsked")
      const news = order.state === "PAYING" && outcome.waitingFor === "password" && !known
      return news ? apply(order, "passwordAsked", nowMs) : undefined
    }
    case "unknown":
    case "notSent":
      return undefined
  }
}

function afterCharge(order: Order, legNo: number, charged: Charged, nowMs: number): Order | undefined {
  const { channelTradeNo, couponFen, paidAtMs } = charged
  const change: Partial<Leg> = { state: "CHARGED", channelTradeNo, couponFen, channelPaidAtMs: paidAtMs }
  const before = legOf(order, legNo)
  // A leg that was charged and given back is told of again by whoever asks late: no news.
  if (before.state === "CHARGED" || before.state === "RETURNED") return undefined
  const legs = changeLeg(order, legNo, change)
  if (order.state === "PAYING" && legs.every((leg) => leg.state === "CHARGED")) {
    return apply(order, "charged", nowMs, { legs })
  }
  // Money for an order that ended without it must be written down before anything else happens to it (I3).
  if (order.state === "FAILED" || order.state === "CLOSED")
    return apply(order, "surplusFound", nowMs, { legs })
  return undefined
}

function afterDecline(
  order: Order,
  legNo: number,
  { code, channelCode }: { code: PayErrorCode; channelCode: string },
  nowMs: number,
): Order | undefined {
  if (order.state !== "PAYING") return undefined
  const legs = changeLeg(order, legNo, { state: "DECLINED" })
  return apply(order, "declined", nowMs, { legs, failure: { code, ...(channelCode ? { channelCode } : {}) } })
}

export function legOf(order: Order, legNo: number): Leg {
  const leg = order.legs.find((it) => it.no === legNo)
  if (!leg) throw new Error(`order ${order.tradeNo} has no leg ${legNo}`)
  return leg
}

import { apply, changeLeg, type Leg, type Order } from "./order.ts"

/**
 * A clear word about undoing a leg: nothing was taken and nothing will be; it went back; or it definitely cannot go back,
 * `numberEnded` where the channel says so of the number it was to go back under, which can be used for nothing more.
 */
export type UndoOutcome =
  | { kind: "void" }
  | { kind: "returned" }
  | { kind: "refused"; channelCode: string; numberEnded?: true }

/**
 * The legs that still have to be undone: all that may hold money of an order being reversed, those charged of one being
 * undone, and those charged of one that ended without its money (surplus).
 */
export function legsToUndo(order: Order): readonly Leg[] {
  switch (order.state) {
    case "REVERSING":
      return order.legs.filter((leg) => leg.state === "PENDING" || leg.state === "CHARGED")
    case "UNDOING":
    case "FAILED":
    case "CLOSED":
      return order.legs.filter((leg) => leg.state === "CHARGED")
    case "PAYING":
    case "PAID":
    case "RETRACTED":
      return []
  }
}

/** The order with that outcome of one of its legs, or undefined where there is nothing (new) to write. */
export function afterUndo(
  order: Order,
  legNo: number,
  outcome: UndoOutcome,
  nowMs: number,
): Order | undefined {
  if (!legsToUndo(order).some((leg) => leg.no === legNo)) return undefined
  if (outcome.kind === "refused")
    return order.state === "UNDOING" ? apply(order, "undoRefused", nowMs) : undefined
  const legs = changeLeg(order, legNo, { state: outcome.kind === "void" ? "VOID" : "RETURNED" })
  const rest = legsToUndo({ ...order, legs })
  if (order.state === "REVERSING" && rest.length === 0) return apply(order, "reversed", nowMs, { legs })
  if (order.state === "UNDOING" && rest.length === 0) return apply(order, "undone", nowMs, { legs })
  if (order.state === "FAILED" || order.state === "CLOSED")
    return apply(order, "surplusReturned", nowMs, { legs })
  return { ...order, legs, version: order.version + 1 }
}

/** The computed number under which a leg's whole amount goes back when its order is undone, or its surplus is returned. */
export function undoRefundNoOf(channelOrderNo: string, undoNo = 1): string {
  return `${channelOrderNo}U${undoNo === 1 ? "" : undoNo}`
}

/**
 * What of an order's money is spoken for by refunds. An order keeps an entry for every refund that was ever sent, so that
 * all of them together never come to more than was paid (I4), however many are asked for at once.
 */
import type { Fen } from "./money.ts"
import type { Order } from "./order.ts"

/** Refunds of one order that move money, the limit of the strictest channel. */
export const MOST_REFUNDS = 50
/** With those that failed: the order's item must not grow for ever. */
const MOST_SENT = 100

/** HELD: given back, or about to be. RELEASED: that generation of it failed for certain. */
export type Reservation = {
  refundId: string
  generation: number
  amountFen: Fen
  state: "HELD" | "RELEASED"
}

export type ReservationRefusal = "ORDER_STATE_FORBIDS" | "REFUND_EXCEEDS_PAID"

export type Reserved =
  | { kind: "reserved"; order: Order }
  /** This very generation had been reserved before. */
  | { kind: "standing" }
  | { kind: "refused"; code: ReservationRefusal }

export function heldFen(reservations: readonly Reservation[]): Fen {
  return reservations.reduce((sum, it) => sum + (it.state === "HELD" ? it.amountFen : 0), 0)
}

export function heldCount(reservations: readonly Reservation[]): number {
  return reservations.filter((it) => it.state === "HELD").length
}

export function reservationOf(order: Order, refundId: string): Reservation | undefined {
  return order.reservations.find((it) => it.refundId === refundId)
}

/** The order with that much of it held for the refund. Done twice it is held once. */
export function reserve(order: Order, wanted: Omit<Reservation, "state">): Reserved {
  const { refundId, generation, amountFen } = wanted
  const before = reservationOf(order, refundId)
  if (before && before.generation >= generation) {
    return before.generation === generation && before.state === "HELD"
      ? { kind: "standing" }
      : { kind: "refused", code: "ORDER_STATE_FORBIDS" }
  }
  if (order.state !== "PAID") return { kind: "refused", code: "ORDER_STATE_FORBIDS" }
  const others = order.reservations.filter((it) => it.refundId !== refundId)
  if (heldCount(others) >= MOST_REFUNDS || others.length >= MOST_SENT)
    return { kind: "refused", code: "ORDER_STATE_FORBIDS" }
  if (heldFen(others) + amountFen > order.totalFen) return { kind: "refused", code: "REFUND_EXCEEDS_PAID" }
  return { kind: "reserved", order: withReservations(order, [...others, { ...wanted, state: "HELD" }]) }
}

/** The order with what that generation held let go, or undefined where there is nothing (any more) to let go. */
export function release(order: Order, refundId: string, generation: number): Order | undefined {
  const held = reservationOf(order, refundId)
  if (held?.state !== "HELD" || held.generation !== generation) return undefined
  const released = order.reservations.map((it) =>
    it.refundId === refundId ? { ...it, state: "RELEASED" as const } : it,
  )
  return withReservations(order, released)
}

function withReservations(order: Order, reservations: readonly Reservation[]): Order {
  return { ...order, version: order.version + 1, reservations }
}

/** Holding part of an order's money for a refund, and letting it go again, whoever else writes to the order meanwhile. */
import type { Order } from "../domain/order.ts"
import { type Refund, refundLeaseHeld } from "../domain/refund.ts"
import { type ReservationRefusal, release, reservationOf, reserve } from "../domain/reservation.ts"
import type { Clock, OrderStore, Random } from "./ports.ts"

/** LEASE_OVER: the caller was too slow, and another may be going on with the refund by now. */
export type Held = { ok: true; order: Order } | { ok: false; code: ReservationRefusal | "LEASE_OVER" }

/**
 * Answers the order with the refund's amount held, also where it was held before; or why that cannot be. Only for the holder
 * of the refund's lease: held after it, for a refund that its successor has ended meanwhile, nobody would let it go again.
 */
export async function holdFor(
  { orders, clock, random }: { orders: OrderStore; clock: Clock; random: Random },
  found: Order,
  refund: Refund,
): Promise<Held> {
  const { refundId, generation, amountFen } = refund
  let order = found
  for (let round = 1; ; round++) {
    const reserved = reserve(order, { refundId, generation, amountFen })
    if (reserved.kind === "refused") return { ok: false, code: reserved.code }
    if (reserved.kind === "standing") return { ok: true, order }
    if (!refundLeaseHeld(refund, clock.nowMs())) return { ok: false, code: "LEASE_OVER" }
    const result = await orders.advance(order, reserved.order)
    if (result.written) return { ok: true, order: reserved.order }
    order = result.stored
    // Many at once would all try again at the same moment, and all but one fail again.
    await clock.sleep(((Number(random.digits(2)) * MOST_PAUSE_MS) / 100) * Math.min(1, round / 5))
  }
}

const MOST_PAUSE_MS = 40

/** Lets go what a generation that failed for certain held; nothing happens where that is done. */
export async function letGo(orders: OrderStore, refund: Refund): Promise<void> {
  let order = await orders.read(refund.tradeNo)
  while (order) {
    const released = release(order, refund.refundId, refund.generation)
    if (!released) return
    const result = await orders.advance(order, released)
    if (result.written) return
    order = result.stored
  }
}

/** Whether its amount is held on its order: then it can only be carried out, or fail for everybody to see. */
export async function isHeld(
  { orders }: { orders: OrderStore },
  { tradeNo, refundId, generation }: Refund,
): Promise<boolean> {
  const order = await orders.read(tradeNo)
  return order !== undefined && (reservationOf(order, refundId)?.generation ?? 0) >= generation
}

/** Tells a call's log which orders the call itself changed, without a use case knowing of it. */
import type { Order } from "../domain/order.ts"
import type { OrderFacts } from "../http/call-log.ts"
import type { OrderStore } from "../usecases/ports.ts"

/** What the line of a call that concerns an order says of it. */
export function factsOf(order: Order): OrderFacts & { tradeNo: string; state: string } {
  const channels = new Set(order.legs.map((leg) => leg.channel))
  return {
    merchantId: order.merchantId,
    tradeNo: order.tradeNo,
    ...(channels.size > 0 ? { channel: [...channels].join("+") } : {}),
    state: order.state,
  }
}

/** The same store, which tells of every event in an order's life that its user wrote and nobody else. */
export function watchedOrders(orders: OrderStore, changed: (facts: OrderFacts) => void): OrderStore {
  const tell = (before: Order | undefined, after: Order) => {
    if (after.events.length === before?.events.length) return
    // What was certain before stays so: undoing a payment ends another uncertainty than the payment's.
    const becameCertain = before?.finalAtMs === undefined && after.finalAtMs !== undefined
    const certainty = becameCertain ? { certaintyMs: (after.finalAtMs ?? 0) - after.createdAtMs } : {}
    changed({ ...factsOf(after), ...certainty })
  }
  return {
    ...orders,
    async create(order) {
      const result = await orders.create(order)
      if (result.put) tell(undefined, result.order)
      return result
    },
    async advance(previous, next) {
      const result = await orders.advance(previous, next)
      if (result.written) tell(previous, next)
      return result
    },
  }
}

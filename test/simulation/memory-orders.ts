import { isDeepStrictEqual } from "node:util"
import type { Order } from "../../domain/order.ts"
import { decodeOrder, encodeOrder } from "../../persistence/order-codec.ts"
import type { OrderStore } from "../../usecases/ports.ts"

export type OrderTable = Map<string, Order>

/**
 * Orders in memory. Each goes through the codec of the real store, so that what is not kept there is not kept here.
 * @param onWrite hears of each write that took effect, in order
 */
export function memoryOrders(table: OrderTable, onWrite: (order: Order) => void = () => {}): OrderStore {
  const keep = (order: Order) => {
    table.set(order.tradeNo, kept(order))
    onWrite(kept(order))
  }
  return {
    async create(order) {
      const stored = table.get(order.tradeNo)
      if (!stored) {
        keep(order)
        return { put: true, order }
      }
      if (stored.state === "PAYING" && isSameAttempt(stored, order)) return { put: true, order: kept(stored) }
      if (stored.state !== "RETRACTED") return { put: false, stored: kept(stored) }
      const next = takeOver(stored, order)
      keep(next)
      return { put: true, order: next }
    },

    async advance(previous, next) {
      const stored = table.get(previous.tradeNo)
      if (!stored) throw new Error(`order ${previous.tradeNo} is advanced and was never created`)
      if (stored.version === previous.version) {
        keep(next)
        return { written: true }
      }
      return isDeepStrictEqual(stored, kept(next))
        ? { written: true }
        : { written: false, stored: kept(stored) }
    },

    async read(tradeNo) {
      const stored = table.get(tradeNo)
      return stored && kept(stored)
    },
  }
}

/** The number goes on where the retracted order left it, its events included. */
function takeOver(retracted: Order, order: Order): Order {
  return { ...order, version: retracted.version + 1, events: [...retracted.events, ...order.events] }
}

function isSameAttempt(stored: Order, mine: Order): boolean {
  return mine.lease !== undefined && stored.lease?.holder === mine.lease.holder
}

function kept(order: Order): Order {
  return decodeOrder(encodeOrder(order))
}

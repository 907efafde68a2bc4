/** The orders of this session, newest first, and the one that is looked at. A reload of the page keeps them. */
import type { TillOrder } from "./till-order.ts"
import { watchedValue } from "./watched-value.ts"

const KEPT_AS = "metro-pay-orders"
const ORDERS_KEPT = 20
const CALLS_KEPT = 10

export const orders = watchedValue<readonly TillOrder[]>(keptOrders())
export const selected = watchedValue<TillOrder | undefined>(orders.get()[0])

export function addOrder(order: TillOrder): void {
  orders.set([order, ...orders.get()].slice(0, ORDERS_KEPT))
  select(order)
}

export function select(order: TillOrder): void {
  selected.set(order)
}

/** To be called after a change within an order. */
export function orderChanged(order: TillOrder): void {
  orders.set(orders.get())
  if (selected.get() === order) selected.set(order)
  keep()
}

function keep(): void {
  const slim = orders.get().map((it) => ({ ...it, calls: it.calls.slice(-CALLS_KEPT) }))
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify(slim))
  } catch {
    // No room: then a reload begins with an empty list.
  }
}

function keptOrders(): TillOrder[] {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "[]") as TillOrder[]
  } catch {
    return []
  }
}

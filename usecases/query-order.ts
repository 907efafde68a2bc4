/** State of an order (A9). Reads, and wakes the recovery where the order's owner has gone; never charges. */
import { leaseHeld, type Order } from "../domain/order.ts"
import { isTradeNo, tradeNoOf } from "../domain/order-number.ts"
import { askOnce } from "./ask-channel.ts"
import type { Channels, Clock, OrderStore, PollQueue } from "./ports.ts"

export type QueryOrderPorts = { clock: Clock; orders: OrderStore; channels: Channels; polls: PollQueue }

/** One of the two numbers is given; where both are, they must name the same order. */
export type OrderNumbers = { outRequestNo?: string; tradeNo?: string }

/** The order, or undefined where this merchant has none of that number: another merchant's is not told apart from none. */
export async function queryOrder(
  ports: QueryOrderPorts,
  merchantId: string,
  numbers: OrderNumbers,
): Promise<Order | undefined> {
  const order = await findOrder(ports.orders, merchantId, numbers)
  if (order?.state === "PAYING" && !leaseHeld(order, ports.clock.nowMs())) await askOnce(ports, order)
  return order
}

export async function findOrder(
  orders: OrderStore,
  merchantId: string,
  numbers: OrderNumbers,
): Promise<Order | undefined> {
  const computed =
    numbers.outRequestNo === undefined ? undefined : tradeNoOf(merchantId, numbers.outRequestNo)
  const tradeNo = computed ?? numbers.tradeNo
  if (tradeNo === undefined || !isTradeNo(tradeNo)) return undefined
  if (computed !== undefined && numbers.tradeNo !== undefined && numbers.tradeNo !== computed)
    return undefined
  const order = await orders.read(tradeNo)
  if (!order || order.merchantId !== merchantId || order.state === "RETRACTED") return undefined
  if (numbers.outRequestNo !== undefined && order.outRequestNo !== numbers.outRequestNo) return undefined
  return order
}

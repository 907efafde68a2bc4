import type { Order } from "../domain/order.ts"
import { isTradeNo, tradeNoOf } from "../domain/order-number.ts"
import type { OrderStore } from "../usecases/ports.ts"
import { UsageError } from "./usage-error.ts"

/** How an order is named on the command line. */
export const ORDER_WORDS = "NUMBER | MERCHANT OUT_REQUEST_NO"

/**
 * The order of that number, or of a merchant and the merchant's own number; undefined where there is none. Throws a
 * UsageError for what is no number.
 */
export async function findNamedOrder(
  orders: OrderStore,
  words: readonly string[],
): Promise<Order | undefined> {
  const [first = "", outRequestNo] = words
  if (outRequestNo === undefined) {
    if (!isTradeNo(first))
      throw new UsageError(`"${first}" is no order number: 26 digits, or MERCHANT OUT_REQUEST_NO`)
    return orders.read(first)
  }
  const order = await orders.read(tradeNoOf(first, outRequestNo))
  return order?.merchantId === first && order.outRequestNo === outRequestNo ? order : undefined
}

export function noSuchOrder(words: readonly string[]): { ok: false; why: string } {
  return { ok: false, why: `there is no order ${words.join(" ")}` }
}

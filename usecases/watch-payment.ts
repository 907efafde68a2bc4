/**
 * What became of a shown code (A4). Every open app asks this all the time, so while nothing happened it costs one small,
 * not even consistent read; the order is read only once a merchant has claimed the code.
 */
import type { IssuedCode } from "../domain/customer.ts"
import type { Order } from "../domain/order.ts"
import type { Clock, CodeStore, OrderStore } from "./ports.ts"

export type WatchPorts = { clock: Clock; codes: CodeStore; orders: OrderStore }

export type PaymentStatus =
  | "WAITING"
  | "AUTHORIZE"
  | "PASSWORD"
  | "PAYING"
  | "PAID"
  | "FAILED"
  | "CLOSED"
  | "EXPIRED"

export type WatchedPayment = { status: PaymentStatus; code: IssuedCode; order?: Order }

/** Undefined where the payment ID is none of this customer's. */
export async function watchPayment(
  ports: WatchPorts,
  uid: string,
  payId: string,
): Promise<WatchedPayment | undefined> {
  const code = await ports.codes.read(payId)
  if (!code || code.uid !== uid) return undefined
  const order = code.tradeNo === undefined ? undefined : await ports.orders.read(code.tradeNo)
  // Claimed, and the process died before its order was put: for the customer nothing has happened.
  if (!order || order.payId !== payId || order.state === "RETRACTED") {
    return { status: code.expiresAtMs <= ports.clock.nowMs() ? "EXPIRED" : "WAITING", code }
  }
  return { status: statusOf(order), code, order }
}

export function statusOf(order: Order): PaymentStatus {
  switch (order.state) {
    case "PAYING":
      return order.events.some((e) => e.event === "passwordAsked") ? "PASSWORD" : "PAYING"
    case "REVERSING":
      return "PAYING"
    case "PAID":
    case "UNDOING":
      return "PAID"
    case "FAILED":
      return order.failure?.code === "AGREEMENT_REQUIRED" ? "AUTHORIZE" : "FAILED"
    case "CLOSED":
    case "RETRACTED":
      return "CLOSED"
  }
}

/**
 * What the effects make of a change that a merchant is told of: a notification that is kept before anybody hears of it, then
 * a message that sends it. Deliveries come twice: the second finds what the first has kept. Where no address was given,
 * nothing is read or written.
 */
import { newNotification } from "../domain/notification.ts"
import {
  type NotificationEvent,
  orderNotifications,
  refundNotifications,
} from "../domain/notification-events.ts"
import type { Order } from "../domain/order.ts"
import type { Refund } from "../domain/refund.ts"
import type { OrderChange } from "./consumption-records.ts"
import type { NotificationQueues, NotificationStore } from "./notification-ports.ts"
import type { OrderStore } from "./ports.ts"
import type { RefundChange } from "./recover-refund.ts"

export type MakeNotificationsPorts = {
  notifications: NotificationStore
  notificationQueues: NotificationQueues
  orders: Pick<OrderStore, "read">
  /** What the merchant would hear if it asked at that moment, in JSON. */
  orderData(order: Order): Promise<string>
  refundData(refund: Refund): Promise<string>
}

export async function notifyOfOrder(
  ports: MakeNotificationsPorts,
  { before, after }: OrderChange,
): Promise<void> {
  const { notifyUrl, tradeNo, merchantId } = after
  if (notifyUrl === undefined) return
  const events = orderNotifications(before, after)
  if (events.length === 0) return
  const data = await ports.orderData(after)
  for (const event of events) await announce(ports, event, { tradeNo, merchantId, url: notifyUrl, data })
}

/** To the refund's own address; without one, to its order's: a refund may have been begun by a person. */
export async function notifyOfRefund(
  ports: MakeNotificationsPorts,
  { before, after }: RefundChange,
): Promise<void> {
  const events = refundNotifications(before, after)
  if (events.length === 0) return
  const { tradeNo, merchantId } = after
  const url = after.notifyUrl ?? (await ports.orders.read(tradeNo))?.notifyUrl
  if (url === undefined) return
  const data = await ports.refundData(after)
  for (const event of events) await announce(ports, event, { tradeNo, merchantId, url, data })
}

type About = { tradeNo: string; merchantId: string; url: string; data: string }

async function announce(
  { notifications, notificationQueues }: MakeNotificationsPorts,
  { eventId, type, atMs }: NotificationEvent,
  about: About,
): Promise<void> {
  // Milliseconds of the event: refunds and their order come by different ways, and still in their order. The store takes
  // the next number where two fall into one.
  const wanted = newNotification({ ...about, eventId, type, sequence: atMs, createdAtMs: atMs })
  const { stored } = await notifications.keep(wanted)
  // Once an attempt was begun, its own message goes on.
  if (stored.state !== "WAITING" || stored.attempts > 0) return
  await notificationQueues.send("first", { tradeNo: stored.tradeNo, sequence: stored.sequence }, 0)
}

/** A person has a notification sent again, received before or not: under its own id, from the beginning of its plan. */
import { type Notification, sentAgain } from "../domain/notification.ts"
import type { NotificationQueues, NotificationStore } from "./notification-ports.ts"
import type { Clock } from "./ports.ts"

export type ResendPorts = {
  clock: Pick<Clock, "nowMs">
  notifications: NotificationStore
  notificationQueues: NotificationQueues
}

/** Comes when the change was surely made, or never will be. */
const NET_MS = 10_000

/** False where it changed just then: it is under way, or somebody else sends it again. */
export async function resendNotification(
  { clock, notifications, notificationQueues }: ResendPorts,
  notification: Notification,
): Promise<boolean> {
  const { tradeNo, sequence } = notification
  // Whoever dies after the change leaves this message behind; without the change it leads to nothing.
  await notificationQueues.send("repeats", { tradeNo, sequence }, NET_MS)
  if (!(await notifications.advance(notification, sentAgain(notification, clock.nowMs())))) return false
  await notificationQueues.send("repeats", { tradeNo, sequence }, 0)
  return true
}

/**
 * What a message of a notification leads to. The item says what is due: an attempt is begun by a conditional write, so that
 * of doubled messages one sends and the others find nothing to do. Whatever dies, the message or the one it was answered
 * with comes again.
 */
import { beginAttempt, type Notification, notReceived, received } from "../domain/notification.ts"
import type { EndpointPace } from "./endpoint-pace.ts"
import type {
  Endpoint,
  NotificationMessage,
  NotificationQueueName,
  NotificationQueues,
  NotificationSender,
  NotificationStore,
  UndeliveredNews,
} from "./notification-ports.ts"
import type { Clock, Random } from "./ports.ts"

export type SendNotificationPorts = {
  clock: Pick<Clock, "nowMs" | "monotonicMs">
  random: Pick<Random, "id">
  notifications: NotificationStore
  notificationQueues: NotificationQueues
  sender: NotificationSender
  endpoints: EndpointPace
  undelivered: UndeliveredNews
  /** Waits between attempts. */
  planMs: readonly number[]
}

/** `undelivered again`: nobody tries any more, like others of the same merchant within a day. */
export type SendResult = "delivered" | "later" | "undelivered" | "undelivered again" | "nothing to do"

/** Queues count whole seconds and clocks differ by moments: so much too early is in time. */
const EARLY_MS = 200

/** Throws where a store or queue fails; the message must then come again. */
export async function sendNotification(
  ports: SendNotificationPorts,
  message: NotificationMessage,
  from: NotificationQueueName,
): Promise<SendResult> {
  const { clock, notifications, endpoints } = ports
  const found = await notifications.read(message)
  if (found?.state !== "WAITING") return "nothing to do"
  const nowMs = clock.nowMs()
  const earlyMs = found.dueMs - nowMs
  if (earlyMs > EARLY_MS) {
    // Whoever is at it has a message of its own, that comes again if it dies.
    return found.holder !== undefined ? "nothing to do" : sendLater(ports, message, earlyMs)
  }
  if (from === "first" && !(await endpoints.mayGoFirst(endpointOf(found), nowMs)))
    return sendLater(ports, message, 0)
  const begun = beginAttempt(found, ports.random.id(nowMs), nowMs, ports.planMs)
  if (!(await notifications.advance(found, begun))) return "nothing to do"
  return begun.state === "UNDELIVERED" ? givenUp(ports, begun) : attempt(ports, message, begun)
}

async function attempt(
  ports: SendNotificationPorts,
  message: NotificationMessage,
  begun: Notification,
): Promise<SendResult> {
  const { clock, notifications, sender, endpoints, planMs } = ports
  const startedMs = clock.monotonicMs()
  const said = await sender.send(begun)
  const nowMs = clock.nowMs()
  await endpoints.note(endpointOf(begun), clock.monotonicMs() - startedMs, nowMs)
  const next = said.received ? received(begun, said.outcome) : notReceived(begun, said.outcome, nowMs, planMs)
  // Sent again by a person meanwhile: that has a message of its own.
  if (!(await notifications.advance(begun, next))) return "nothing to do"
  if (next.state === "WAITING") return sendLater(ports, message, next.dueMs - nowMs)
  return next.state === "DELIVERED" ? "delivered" : givenUp(ports, next)
}

/** Where that cannot be found out it is said once too often rather than never. */
async function givenUp(
  { clock, undelivered }: SendNotificationPorts,
  { merchantId }: Notification,
): Promise<SendResult> {
  const isNews = await undelivered.isNews(merchantId, clock.nowMs()).catch(() => true)
  return isNews ? "undelivered" : "undelivered again"
}

async function sendLater(
  { notificationQueues }: SendNotificationPorts,
  { tradeNo, sequence }: NotificationMessage,
  delayMs: number,
): Promise<SendResult> {
  await notificationQueues.send("repeats", { tradeNo, sequence }, delayMs)
  return "later"
}

/** Addresses were checked when they came in; what cannot be read any more is an endpoint of its own. */
function endpointOf({ merchantId, url }: Notification): Endpoint {
  return { merchantId, host: URL.canParse(url) ? new URL(url).host : url }
}

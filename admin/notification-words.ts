/** How notifications are shown to people. */
import type { Notification } from "../domain/notification.ts"
import { inWords, localTime } from "./times.ts"

/** Two or three lines each. */
export function describeNotification(notification: Notification, nowMs: number): string[] {
  const { tradeNo, merchantId, type, eventId, sequence, createdAtMs, url } = notification
  return [
    "",
    `${tradeNo}  ${merchantId}  ${type}`,
    `  event  ${eventId}, sequence ${sequence}, ${localTime(createdAtMs)}`,
    `  to     ${url}`,
    `  state  ${stateOf(notification, nowMs)}`,
  ]
}

/** Without the data, which `order` shows as it is by now. */
export function notificationAsJson({ data: _, holder: __, version: ___, ...shown }: Notification) {
  return shown
}

function stateOf(notification: Notification, nowMs: number): string {
  const { state, attempts, lastOutcome, lastAttemptAtMs, dueMs } = notification
  const last =
    lastAttemptAtMs === undefined
      ? "no attempt yet"
      : `${attempts} ${attempts === 1 ? "attempt" : "attempts"}, last ${inWords(Math.max(0, nowMs - lastAttemptAtMs))} ago: ${lastOutcome ?? "not ended"}`
  const next = state === "WAITING" && dueMs > nowMs ? `; next in ${inWords(dueMs - nowMs)}` : ""
  return `${state}, ${last}${next}`
}

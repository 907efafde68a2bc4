import type { Command } from "./command.ts"
import { findNamedOrder, noSuchOrder, ORDER_WORDS } from "./find-order.ts"
import { describeNotification, notificationAsJson } from "./notification-words.ts"

/** What the merchant of an order was told, its refunds included. */
export const notificationsShow: Command = {
  name: "notifications show",
  words: ORDER_WORDS,
  summary: "What a merchant was told about an order, and what came of it",
  details: ["Received ones are kept for 30 days, undelivered ones for a year."],
  takes: ["json"],
  wordCount: { min: 1, max: 2 },
  async run({ words, json }, desk) {
    const order = await findNamedOrder(desk.orders, words)
    if (!order) return noSuchOrder(words)
    const found = await desk.notifications.ofOrder(order.tradeNo)
    if (json) return { ok: true, lines: [], json: found.map(notificationAsJson) }
    if (found.length === 0) {
      const why = order.notifyUrl === undefined ? "no notify_url was given" : "nothing has ended yet"
      return {
        ok: true,
        lines: [`Nothing is known to have been told of this order: ${why}, or it is long ago.`],
      }
    }
    const nowMs = desk.clock.nowMs()
    return { ok: true, lines: found.flatMap((it) => describeNotification(it, nowMs)).slice(1) }
  },
}

import { DEFAULT_TIME_ZONE } from "../domain/days.ts"
import type { Command } from "./command.ts"
import { describeNotification, notificationAsJson } from "./notification-words.ts"

const SHOWN = 50

/** A16: what merchants were never told, however often it was tried. */
export const notificationsList: Command = {
  name: "notifications list",
  words: "",
  summary: "Notifications whose plan is used up, the oldest first",
  details: ["Those that are still being tried stand with their order: notifications show."],
  takes: ["limit", "json"],
  wordCount: { min: 0, max: 0 },
  async run({ limit = SHOWN, json }, desk) {
    const found = await desk.notifications.undelivered(limit)
    if (json) return { ok: true, lines: [], json: found.map(notificationAsJson) }
    if (found.length === 0) return { ok: true, lines: ["Every merchant was told."] }
    const more = found.length === limit ? "; there may be more (--limit)" : ""
    const heading = `${found.length} undelivered, times in ${DEFAULT_TIME_ZONE}${more}`
    const nowMs = desk.clock.nowMs()
    return { ok: true, lines: [heading, ...found.flatMap((it) => describeNotification(it, nowMs))] }
  },
}

import type { Command } from "./command.ts"
import { findNamedOrder, noSuchOrder, ORDER_WORDS } from "./find-order.ts"
import { describeNextSteps, nextSteps } from "./next-steps.ts"
import { describeOrder, orderAsJson } from "./order-words.ts"

/** One order, all of it. */
export const order: Command = {
  name: "order",
  words: ORDER_WORDS,
  summary: "An order, its legs and what happened to it",
  details: ["NUMBER is the platform's (26 digits); or say the merchant and the merchant's own number."],
  takes: ["json"],
  wordCount: { min: 1, max: 2 },
  async run({ words, json }, { orders, clock, timeZoneOf }) {
    const found = await findNamedOrder(orders, words)
    if (!found) return noSuchOrder(words)
    if (json) return { ok: true, lines: [], json: orderAsJson(found) }
    const timeZone = await timeZoneOf(found.merchantId)
    const nowMs = clock.nowMs()
    const next = describeNextSteps(nextSteps(found, nowMs, timeZone))
    return { ok: true, lines: [...describeOrder(found, nowMs, timeZone), `next     ${next}`] }
  },
}

import type { Command } from "./command.ts"
import { findNamedRefund, noSuchRefund, REFUND_WORDS } from "./find-refund.ts"
import { describeRefund, refundAsJson } from "./refund-words.ts"

/** One refund, all of it. */
export const refundsShow: Command = {
  name: "refunds show",
  words: REFUND_WORDS,
  summary: "A refund and what happened to it",
  details: ["NUMBER is the platform's (26 digits); or say the merchant and the merchant's own number."],
  takes: ["json"],
  wordCount: { min: 1, max: 2 },
  async run({ words, json }, { refunds, clock, timeZoneOf }) {
    const refund = await findNamedRefund(refunds, words)
    if (!refund) return noSuchRefund(words)
    if (json) return { ok: true, lines: [], json: refundAsJson(refund) }
    const timeZone = await timeZoneOf(refund.merchantId)
    return { ok: true, lines: describeRefund(refund, clock.nowMs(), timeZone) }
  },
}

import { changeMerchant } from "./change-merchant.ts"
import type { Command } from "./command.ts"

/** C2: effective at once, since every payment reads the gate. */
export const merchantsDisable: Command = {
  name: "merchants disable",
  words: "M",
  summary: "Accepts no payment of a merchant any more, from the next call on",
  details: [
    "The next applypay answers MERCHANT_DISABLED. Payments that a channel was already asked for are finished;",
    "asking, reversing and refunding go on. `merchants enable` ends it.",
  ],
  takes: ["operator", "reason", "yes", "json"],
  wordCount: { min: 1, max: 1 },
  run: (request, desk, terminal) =>
    changeMerchant(request, desk, terminal, (seen) => {
      if (seen.disabled) return { ok: false, why: `${seen.merchantId} is disabled already` }
      return {
        ok: true,
        change: {
          action: "merchants disable",
          ask: {
            about: [],
            question:
              "All its tills can take no payment from the next call on, until it is enabled again. Disable it?",
          },
          write: () => desk.merchants.setDisabled(seen, true),
          done: [`${seen.merchantId} is disabled: its next payment is refused.`],
          json: { state: "disabled" },
        },
      }
    }),
}

import { changeMerchant } from "./change-merchant.ts"
import type { Command } from "./command.ts"

/** C2, undone. */
export const merchantsEnable: Command = {
  name: "merchants enable",
  words: "M",
  summary: "Accepts a disabled merchant's payments again, from the next call on",
  details: [],
  takes: ["operator", "reason", "json"],
  wordCount: { min: 1, max: 1 },
  run: (request, desk, terminal) =>
    changeMerchant(request, desk, terminal, (seen) => {
      if (!seen.disabled) return { ok: false, why: `${seen.merchantId} is enabled already` }
      return {
        ok: true,
        change: {
          action: "merchants enable",
          write: () => desk.merchants.setDisabled(seen, false),
          done: [`${seen.merchantId} is enabled: its next payment is accepted.`],
          json: { state: "enabled" },
        },
      }
    }),
}

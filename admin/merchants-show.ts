import type { Command } from "./command.ts"
import { findMerchant } from "./find-merchant.ts"
import { describeMerchant, merchantAsJson } from "./merchant-words.ts"

export const merchantsShow: Command = {
  name: "merchants show",
  words: "M",
  summary: "One merchant: profile, state, keys, which accounts it is paid through",
  details: [],
  takes: ["json"],
  wordCount: { min: 1, max: 1 },
  async run({ words, json }, desk) {
    const found = await findMerchant(desk, words[0])
    if (!found.ok) return found
    const { merchant } = found
    const shopCount = (await desk.shops.list(merchant.merchantId)).length
    if (json) return { ok: true, lines: [], json: merchantAsJson(merchant, shopCount) }
    return { ok: true, lines: describeMerchant(merchant, shopCount) }
  },
}

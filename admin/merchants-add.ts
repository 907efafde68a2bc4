import { DEFAULT_TIME_ZONE } from "../domain/days.ts"
import type { Answer, Command } from "./command.ts"
import { merchantIdFrom } from "./find-merchant.ts"
import { recorded, whoAndWhy } from "./recorded.ts"
import { UsageError } from "./usage-error.ts"

/** C1: a new merchant, which can do nothing before it has a key and an account. */
export const merchantsAdd: Command = {
  name: "merchants add",
  words: "M",
  summary: "Registers a merchant; it needs an API key and an account next",
  details: [
    "M is 1 to 32 characters of 0-9 A-Z a-z _ - and stays for good: a merchant is disabled, never removed.",
    "Its days (bills, reversals of the same day) are those of --time-zone.",
  ],
  takes: ["name", "time-zone", "category", "sub-category", "operator", "reason", "json"],
  wordCount: { min: 1, max: 1 },
  async run(request, desk) {
    const merchantId = merchantIdFrom(request.words[0])
    const { name, timeZone = DEFAULT_TIME_ZONE, category, subCategory } = request
    if (name === undefined) throw new UsageError("--name TEXT is needed: what people call the merchant")
    if (await desk.merchants.read(merchantId)) return exists(merchantId)
    const profile = { name, timeZone, category: category ?? undefined, subCategory: subCategory ?? undefined }
    const written = await recorded(
      desk,
      { action: "merchants add", subject: merchantId, what: `${name}, ${timeZone}`, ...whoAndWhy(request) },
      () => desk.merchants.add(merchantId, profile, desk.clock.nowMs()),
      (it) => (it === "written" ? "done" : "refused: it exists"),
    )
    if (written === "overtaken") return exists(merchantId)
    const lines = [
      `${merchantId} is registered. Next: api-keys add ${merchantId} KEY_ID --public-key FILE,`,
      `then accounts set ${merchantId} CHANNEL ACCOUNT_ID --pay-types … --settings FILE.`,
    ]
    return { ok: true, lines, json: { merchantId, version: 1 } }
  },
}

function exists(merchantId: string): Answer {
  return { ok: false, why: `there is a merchant ${merchantId} already` }
}

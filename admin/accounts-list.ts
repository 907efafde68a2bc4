import { PAY_TYPES } from "../domain/channel.ts"
import type { AccountVersion, RegisteredMerchant } from "../persistence/merchant-items.ts"
import type { Command } from "./command.ts"
import { findMerchant } from "./find-merchant.ts"
import { accountName, describeRoutes } from "./merchant-words.ts"
import { localTime } from "./times.ts"

export const accountsList: Command = {
  name: "accounts list",
  words: "M",
  summary: "A merchant's accounts at the channels, in every version",
  details: ["The settings are encrypted and are never shown: only their names, and when they were set."],
  takes: ["json"],
  wordCount: { min: 1, max: 1 },
  async run({ words, json }, desk) {
    const found = await findMerchant(desk, words[0])
    if (!found.ok) return found
    const { merchant } = found
    const versions = await desk.merchants.accountVersions(merchant.merchantId)
    if (json) return { ok: true, lines: [], json: versions.map((it) => asJson(merchant, it)) }
    const lines = versions.flatMap((it) => describe(merchant, it))
    return { ok: true, lines: [...describeRoutes(merchant), ...lines] }
  },
}

function usedBy({ accounts }: RegisteredMerchant, { account }: AccountVersion) {
  return PAY_TYPES.filter((it) => {
    const used = accounts[it]
    return used !== undefined && accountName(used) === accountName(account)
  })
}

function describe(merchant: RegisteredMerchant, version: AccountVersion): string[] {
  const { account, fields, setAtMs } = version
  const used = usedBy(merchant, version).join(", ") || "no pay type; orders of before may carry it"
  const at = setAtMs === undefined ? "at setup" : localTime(setAtMs, merchant.timeZone)
  return [
    "",
    accountName(account),
    `  set      ${at}`,
    `  settings ${fields.join(", ")}`,
    `  used by  ${used}`,
  ]
}

function asJson(merchant: RegisteredMerchant, version: AccountVersion) {
  const { channel, accountId, settingsVersion } = version.account
  const payTypes = usedBy(merchant, version)
  return {
    channel,
    accountId,
    version: settingsVersion,
    settings: version.fields,
    setAtMs: version.setAtMs,
    payTypes,
  }
}

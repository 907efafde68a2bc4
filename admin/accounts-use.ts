import type { PayType } from "../domain/channel.ts"
import type { AccountVersion, RegisteredMerchant } from "../persistence/merchant-items.ts"
import { accountIdFrom, askWhereTaken } from "./account-words.ts"
import { changeMerchant, type Planned } from "./change-merchant.ts"
import { channelFrom, channelPayTypes } from "./channel-settings.ts"
import type { Command } from "./command.ts"
import { accountName } from "./merchant-words.ts"
import { UsageError } from "./usage-error.ts"

/** E4: the way back from a new version that turned out wrong. */
export const accountsUse: Command = {
  name: "accounts use",
  words: "M CHANNEL ACCOUNT_ID VERSION",
  summary: "Goes back to an earlier version of an account, or on to a later one",
  details: [
    "accounts list shows the versions that there are. Without --pay-types it is for those that use the account now.",
    "From the next payment on; orders of before keep the version that they were charged with.",
  ],
  takes: ["pay-types", "operator", "reason", "yes", "json"],
  wordCount: { min: 4, max: 4 },
  async run(request, desk, terminal) {
    const { channel, kind } = channelFrom(request.words[1])
    const accountId = accountIdFrom(request.words[2])
    const settingsVersion = versionFrom(request.words[3])
    const chosen = request.payTypes && channelPayTypes(channel, kind, request.payTypes)
    return changeMerchant(request, desk, terminal, async (seen): Promise<Planned> => {
      const { merchantId } = seen
      const account = { merchantId, channel, accountId, settingsVersion }
      const versions = await desk.merchants.accountVersions(merchantId)
      if (!versions.some((it) => accountName(it.account) === accountName(account))) {
        return { ok: false, why: `${merchantId} has no ${accountName(account)}` }
      }
      const payTypes = chosen ?? usersOf(seen, account)
      if (payTypes.length === 0) {
        return { ok: false, why: `no pay type uses ${channel} ${accountId} now: say which with --pay-types` }
      }
      return {
        ok: true,
        change: {
          action: "accounts use",
          subject: `${merchantId}/${channel}/${accountId}`,
          what: `version ${settingsVersion} for ${payTypes.join(", ")}`,
          ask: askWhereTaken(seen, account, payTypes),
          write: () => desk.merchants.useAccount(seen, account, payTypes),
          done: [`${payTypes.join(", ")} of ${merchantId} goes through ${accountName(account)}.`],
          json: { channel, accountId, accountVersion: settingsVersion, payTypes },
        },
      }
    })
  },
}

function versionFrom(word = ""): number {
  if (!/^[1-9]\d{0,5}$/.test(word)) throw new UsageError("a version is a number from 1 on (accounts list)")
  return Number(word)
}

function usersOf(
  { accounts }: RegisteredMerchant,
  { channel, accountId }: AccountVersion["account"],
): PayType[] {
  const used = Object.entries(accounts) as [PayType, AccountVersion["account"] | undefined][]
  return used.flatMap(([payType, it]) =>
    it?.channel === channel && it.accountId === accountId ? [payType] : [],
  )
}

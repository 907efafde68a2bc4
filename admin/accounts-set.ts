import type { PayType } from "../domain/channel.ts"
import { accountIdFrom, askWhereTaken } from "./account-words.ts"
import { changeMerchant } from "./change-merchant.ts"
import {
  type ChannelKind,
  channelFrom,
  channelPayTypes,
  KNOWN_CHANNELS,
  settingsFrom,
} from "./channel-settings.ts"
import type { Command, Request } from "./command.ts"
import { readInput } from "./input-file.ts"
import { UsageError } from "./usage-error.ts"

/** C1, E4: where a merchant's money goes. */
export const accountsSet: Command = {
  name: "accounts set",
  words: "M CHANNEL ACCOUNT_ID",
  summary: "Sets up an account at a channel, or replaces its settings by a new version",
  details: [
    `CHANNEL is one of ${KNOWN_CHANNELS.join(", ")}; ACCOUNT_ID is yours to choose, usually the channel's merchant number.`,
    "The settings (docs/operations/admin.md names those of each channel) come from a file or standard input, are",
    "checked, encrypted and never shown again. The pay types named use the new version from the next payment on;",
    "orders of before keep theirs, so what the channel knows of the old one must stay valid until they are done.",
    "Asks first where one of them has an account already; accounts use goes back to the version before.",
  ],
  takes: ["pay-types", "settings", "operator", "reason", "yes", "json"],
  wordCount: { min: 3, max: 3 },
  async run(request, desk, terminal) {
    const { channel, kind } = channelFrom(request.words[1])
    const accountId = accountIdFrom(request.words[2])
    const payTypes = payTypesIn(request, kind)
    if (request.settingsFile === undefined) {
      throw new UsageError("--settings FILE is needed, - for standard input")
    }
    const settings = settingsFrom(await readInput(request.settingsFile), kind)
    return changeMerchant(request, desk, terminal, async (seen) => {
      const { merchantId } = seen
      const present = (await desk.merchants.accountVersions(merchantId)).filter(
        ({ account }) => account.channel === channel && account.accountId === accountId,
      )
      const version = 1 + Math.max(0, ...present.map(({ account }) => account.settingsVersion))
      const account = { merchantId, channel, accountId, settingsVersion: version }
      return {
        ok: true,
        change: {
          action: "accounts set",
          subject: `${merchantId}/${channel}/${accountId}`,
          what: `version ${version} of ${Object.keys(settings).join(", ")} for ${payTypes.join(", ")}`,
          ask: askWhereTaken(seen, account, payTypes),
          write: () =>
            desk.merchants.setAccount(
              seen,
              { account, settings, setAtMs: desk.clock.nowMs() },
              payTypes,
              desk.fields,
            ),
          done: [
            `${payTypes.join(", ")} of ${merchantId} goes through ${channel} ${accountId}, version ${version}.`,
          ],
          json: { channel, accountId, accountVersion: version, payTypes },
        },
      }
    })
  },
}

function payTypesIn({ payTypes, words: [, channel = ""] }: Request, kind: ChannelKind): readonly PayType[] {
  if (!payTypes) throw new UsageError("--pay-types A,B is needed: which pay types use the account")
  return channelPayTypes(channel, kind, payTypes)
}

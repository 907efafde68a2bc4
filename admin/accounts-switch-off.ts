import { changeMerchant, type Planned } from "./change-merchant.ts"
import type { Command } from "./command.ts"
import { accountName } from "./merchant-words.ts"
import { payTypeFrom } from "./option-values.ts"

/** E4: a pay type that a merchant takes no longer. */
export const accountsSwitchOff: Command = {
  name: "accounts switch-off",
  words: "M PAY_TYPE",
  summary: "Takes no payment of a pay type any more, from the next call on",
  details: [
    "Payments answer PAY_METHOD_OFF. Payments already begun are finished, and the account stays for undoing and",
    "refunds; accounts set puts the pay type on again.",
  ],
  takes: ["operator", "reason", "yes", "json"],
  wordCount: { min: 2, max: 2 },
  async run(request, desk, terminal) {
    const payType = payTypeFrom(request.words[1] ?? "")
    return changeMerchant(request, desk, terminal, (seen): Planned => {
      const { merchantId, accounts } = seen
      const account = accounts[payType]
      if (!account) return { ok: false, why: `${merchantId} takes no ${payType}` }
      return {
        ok: true,
        change: {
          action: "accounts switch-off",
          subject: `${merchantId}/${payType}`,
          what: accountName(account),
          ask: {
            about: [`pay type ${payType}, through ${accountName(account)}`],
            question: `Its tills can take no ${payType} from the next call on. Switch it off?`,
          },
          write: () => desk.merchants.switchOff(seen, payType),
          done: [`${merchantId} takes no ${payType} any more.`],
          json: { payType },
        },
      }
    })
  },
}

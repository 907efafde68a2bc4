/** What the commands about accounts have in common. */
import type { PayType } from "../domain/channel.ts"
import type { RegisteredMerchant } from "../persistence/merchant-items.ts"
import type { ChannelAccount } from "../usecases/ports.ts"
import type { Asked } from "./ask-first.ts"
import { accountName } from "./merchant-words.ts"
import { UsageError } from "./usage-error.ts"

/** Stands in the addresses that channels notify, so no more than this. */
const ACCOUNT_ID = /^[0-9A-Za-z_-]{1,32}$/

export function accountIdFrom(word = ""): string {
  if (!ACCOUNT_ID.test(word)) throw new UsageError("an account id is 1 to 32 characters of 0-9 A-Z a-z _ -")
  return word
}

/** H7: where money goes another way from the next payment on; undefined where none of them has an account yet. */
export function askWhereTaken(
  { merchantId, accounts }: RegisteredMerchant,
  account: ChannelAccount,
  payTypes: readonly PayType[],
): Asked | undefined {
  const taken = payTypes.flatMap((payType) => {
    const present = accounts[payType]
    return present ? [`pay type ${payType}, now through ${accountName(present)}`] : []
  })
  if (taken.length === 0) return undefined
  return {
    about: taken,
    question: `From the next payment on the money of ${merchantId} goes through ${accountName(account)}. Change it?`,
  }
}

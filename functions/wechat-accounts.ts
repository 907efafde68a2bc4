import { parseWechatAccount, type WechatAccount } from "../channels/wechat/account.ts"
import type { MerchantSettingsStore } from "../persistence/merchant-store.ts"
import type { ChannelAccount } from "../usecases/ports.ts"

/** Opens accounts at WeChat and keeps them: one version of an account's settings never changes. */
export function wechatAccounts(
  merchants: Pick<MerchantSettingsStore, "accountSettings">,
): (of: ChannelAccount) => Promise<WechatAccount> {
  const known = new Map<string, WechatAccount>()
  return async (of) => {
    const key = `${of.merchantId} ${of.accountId} ${of.settingsVersion}`
    const found = known.get(key)
    if (found) return found
    const account = parseWechatAccount(await merchants.accountSettings(of))
    known.set(key, account)
    return account
  }
}

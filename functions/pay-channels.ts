/** The channels that this deployment speaks to. A further channel is registered here and in its own folder, nowhere else. */
import { parseWechatAccount, type WechatAccount } from "../channels/wechat/account.ts"
import { WECHAT_CAPABILITIES } from "../channels/wechat/capabilities.ts"
import { wechatChannel } from "../channels/wechat/client.ts"
import type { MerchantSettingsStore } from "../persistence/merchant-store.ts"
import type { ChannelAccount, Channels } from "../usecases/ports.ts"
import type { Environment } from "./environment.ts"
import { clock, random } from "./machine.ts"

export function payChannels(environment: Environment, merchants: MerchantSettingsStore): Channels {
  const { channelUrls, speed } = environment
  const plan = (delaysMs: readonly number[]) => delaysMs.map((ms) => ms / speed)
  return {
    ...(channelUrls.wechat
      ? {
          wechat: wechatChannel({
            baseUrl: channelUrls.wechat,
            account: accountReader(merchants, parseWechatAccount),
            clock,
            random,
            queryPlanMs: plan(WECHAT_CAPABILITIES.queryPlanMs),
            withinCallPlanMs: plan(WECHAT_CAPABILITIES.withinCallPlanMs),
          }),
        }
      : {}),
  }
}

/** Opens an account's settings and keeps them: one version of them never changes. */
function accountReader(
  merchants: MerchantSettingsStore,
  parse: (settings: Record<string, string>) => WechatAccount,
): (of: ChannelAccount) => Promise<WechatAccount> {
  const known = new Map<string, WechatAccount>()
  return async (of) => {
    const key = `${of.merchantId} ${of.channel} ${of.accountId} ${of.settingsVersion}`
    const found = known.get(key)
    if (found) return found
    const account = parse(await merchants.accountSettings(of))
    known.set(key, account)
    return account
  }
}

/** The channels that this deployment speaks to. A further channel is registered here and in its own folder, nowhere else. */
import { WECHAT_CAPABILITIES } from "../channels/wechat/capabilities.ts"
import { wechatChannel } from "../channels/wechat/client.ts"
import type { MerchantSettingsStore } from "../persistence/merchant-store.ts"
import type { Channels } from "../usecases/ports.ts"
import type { Environment } from "./environment.ts"
import { heard } from "./heard-channels.ts"
import { clock, random } from "./machine.ts"
import { queryPlans } from "./query-plans.ts"
import { wechatAccounts } from "./wechat-accounts.ts"

export function payChannels(environment: Environment, merchants: MerchantSettingsStore): Channels {
  const { channelUrls, speed, publicUrl } = environment
  const plan = (delaysMs: readonly number[]) => delaysMs.map((ms) => ms / speed)
  const { reverse, withinCallPlanMs } = WECHAT_CAPABILITIES
  if (!channelUrls.wechat) return {}
  const wechat = wechatChannel({
    baseUrl: channelUrls.wechat,
    account: wechatAccounts(merchants),
    notifyUrl: ({ merchantId, accountId, settingsVersion }) =>
      `${publicUrl}/metro/payment/v1/notify/wechat/${merchantId}/${accountId}/${settingsVersion}`,
    clock,
    random,
    queryPlanMs: queryPlans(environment)("wechat"),
    withinCallPlanMs: plan(withinCallPlanMs),
  })
  // Minimum ages are divided by the speed of a local trial like every other waiting.
  const minWaitMs = (reverse?.minWaitMs ?? 0) / speed
  const capabilities = { ...wechat.capabilities, ...(reverse ? { reverse: { ...reverse, minWaitMs } } : {}) }
  return { wechat: heard({ ...wechat, capabilities }) }
}

import { WECHAT_CAPABILITIES } from "../channels/wechat/capabilities.ts"
import type { ChannelId } from "../domain/channel.ts"

/** When each channel is asked again, for functions that speak to none. `speed` divides the waits of a local trial. */
export function queryPlans(speed: number): (channel: ChannelId) => readonly number[] | undefined {
  const plans: Partial<Record<ChannelId, readonly number[]>> = { wechat: WECHAT_CAPABILITIES.queryPlanMs }
  return (channel) => plans[channel]?.map((ms) => ms / speed)
}

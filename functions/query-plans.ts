import { WECHAT_CAPABILITIES } from "../channels/wechat/capabilities.ts"
import type { ChannelId } from "../domain/channel.ts"
import type { Environment } from "./environment.ts"

/** When each channel is asked again: as it prescribes, unless this deployment sets it otherwise. */
export function queryPlans({
  tuning,
  speed,
}: Pick<Environment, "tuning" | "speed">): (channel: ChannelId) => readonly number[] | undefined {
  const plans: Partial<Record<ChannelId, readonly number[]>> = {
    wechat: WECHAT_CAPABILITIES.queryPlanMs,
    ...tuning.queryPlansMs,
  }
  return (channel) => plans[channel]?.map((ms) => ms / speed)
}

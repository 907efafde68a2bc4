import type { SettingsOverrides } from "./cdk.ts"
import type { Machine } from "./machine.ts"
import { REFUND_PLAN_MS } from "./refunding.ts"

/**
 * Stage test as this machine has it. Addresses are https as everywhere but on a platform that is not deployed. What is to
 * be kept is locked too.
 */
export function stageSettings(
  { fronts }: Pick<Machine, "fronts">,
  { keepData }: { keepData: boolean },
): SettingsOverrides {
  return {
    keepData,
    publicUrl: fronts.api.url,
    channelUrls: { wechat: fronts.wechat.url },
    tuning: { refundPlanMs: REFUND_PLAN_MS },
    ...(keepData ? { billLock: { mode: "governance", days: 1 } } : {}),
  }
}

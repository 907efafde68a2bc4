import type { SettingsOverrides } from "./cdk.ts"
import type { Machine } from "./machine.ts"

/** Stage test as this machine has it. Addresses are https as everywhere but on a platform that is not deployed. */
export function stageSettings(
  { fronts }: Pick<Machine, "fronts">,
  { keepData }: { keepData: boolean },
): SettingsOverrides {
  return { keepData, publicUrl: fronts.api.url, channelUrls: { wechat: fronts.wechat.url } }
}

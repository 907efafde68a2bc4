import type { Leg } from "../domain/order.ts"
import type { ChannelAccount } from "./ports.ts"

/** The account that a leg was sent to, in the very version of its settings: later questions must come from the same. */
export function accountOfLeg(merchantId: string, leg: Leg): ChannelAccount {
  const { channel, accountId, settingsVersion } = leg
  return { merchantId, channel, accountId, settingsVersion }
}

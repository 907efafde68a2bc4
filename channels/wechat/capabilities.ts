import type { ChannelCapabilities } from "../../usecases/ports.ts"

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * What WeChat Pay can do. Sources: the public documents of code payment (query every 10 s to about 45 s, after a system
 * error wait 5 s, reverse at the earliest 15 s after the charge); the seven days are second-hand: confirm with the contract.
 */
export const WECHAT_CAPABILITIES: ChannelCapabilities = {
  intents: ["code", "agreement"],
  maxOrderNoLength: 32,
  reverse: { minWaitMs: 15_000, windowMs: 7 * DAY_MS },
  refund: { windowMs: 365 * DAY_MS, maxParts: 50 },
  notifies: { agreement: true },
  queryPlanMs: [5_000, 5_000, 5_000, 10_000, 10_000, 10_000],
  withinCallPlanMs: [150, 350, 500, 1_000, 1_000, 2_000],
}

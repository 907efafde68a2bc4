import { setTimeout as sleep } from "node:timers/promises"

/** Wall time goes into signatures, monotonic time decides deadlines; both in milliseconds. */
export type ClientClock = { nowMs(): number; monotonicMs(): number; sleep(ms: number): Promise<void> }

export const SYSTEM_CLOCK: ClientClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms) => sleep(ms),
}

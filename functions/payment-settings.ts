import { DEFAULT_CODE_KINDS, DEFAULT_OWN_PREFIX } from "../domain/payment-code.ts"
import type { PaymentSettings, UndoSettings } from "../usecases/ports.ts"

/** Settings of paying (G6). The channel's time-out, the answer's deadline and the lease fit into one another: see ADR 5. */
export const PAYMENT_SETTINGS: PaymentSettings = {
  codeKinds: DEFAULT_CODE_KINDS,
  ownCodePrefix: DEFAULT_OWN_PREFIX,
  wrongCodes: { limit: 100, windowMs: 5 * 60_000 },
  channelTimeoutMs: 7_000,
  answerWithinMs: 9_000,
}

/** Settings of asking and undoing. `speed` divides what is waited for, never a time-out or a lease. */
export function undoSettings(speed: number): UndoSettings {
  return {
    channelTimeoutMs: 7_000,
    lateChargeMs: 60_000 / speed,
    visibleAfterMs: 10 * 60_000,
    retryPlanMs: [2, 4, 8, 15, 30, 60, 120, 300, 600, 1_800].map((seconds) => (seconds * 1_000) / speed),
    lateAskMs: (10 * 60_000) / speed,
  }
}

import { DEFAULT_CODE_KINDS, DEFAULT_OWN_PREFIX } from "../domain/payment-code.ts"
import type { PaymentSettings, RefundSettings, UndoSettings } from "../usecases/ports.ts"
import type { Environment } from "./environment.ts"

type Tuned = Pick<Environment, "tuning" | "speed">

/** Settings of paying (G6). The channel's time-out, the answer's deadline and the lease fit into one another: see ADR 5. */
export function paymentSettings({ tuning }: Tuned): PaymentSettings {
  return {
    codeKinds: tuning.codeKinds ?? DEFAULT_CODE_KINDS,
    ownCodePrefix: tuning.ownCodePrefix ?? DEFAULT_OWN_PREFIX,
    wrongCodes: tuning.wrongCodes ?? { limit: 100, windowMs: 5 * 60_000 },
    channelTimeoutMs: 7_000,
    answerWithinMs: 9_000,
  }
}

const UNDO_RETRY_PLAN_MS = [2, 4, 8, 15, 30, 60, 120, 300, 600, 1_800].map((seconds) => seconds * 1_000)

/** Settings of asking and undoing. The speed divides what is waited for, never a time-out or a lease. */
export function undoSettings({ tuning, speed }: Tuned): UndoSettings {
  return {
    channelTimeoutMs: 7_000,
    lateChargeMs: (tuning.lateChargeMs ?? 60_000) / speed,
    visibleAfterMs: 10 * 60_000,
    retryPlanMs: (tuning.undoRetryPlanMs ?? UNDO_RETRY_PLAN_MS).map((ms) => ms / speed),
    lateAskMs: (10 * 60_000) / speed,
  }
}

/** In all a little more than `visibleAfterMs`, so that the last of them brings the desk to know. */
const REFUND_PLAN_MS = [5, 10, 30, 60, 120, 300, 90].map((seconds) => seconds * 1_000)

/** Settings of refunding: channels take between seconds and days for it. */
export function refundSettings({ tuning, speed }: Tuned): RefundSettings {
  const { channelTimeoutMs, lateChargeMs, visibleAfterMs } = undoSettings({ tuning, speed })
  return {
    channelTimeoutMs,
    lateChargeMs,
    visibleAfterMs,
    refundPlanMs: (tuning.refundPlanMs ?? REFUND_PLAN_MS).map((ms) => ms / speed),
    refundRetryMs: (30 * 60_000) / speed,
    refundWindowsMs: tuning.refundWindowsMs ?? {},
  }
}

import { type Refund, refundLeaseHeld } from "../domain/refund.ts"
import type { Clock, PollQueue, RefundSettings } from "./ports.ts"

export type AskRefundPorts = {
  clock: Clock
  polls: PollQueue
  settings: Pick<RefundSettings, "refundPlanMs">
}

/**
 * Begins the series of questions about a refund that is not certain. The refund is durable: a queue that is down harms no
 * answer, since the recovery's message comes at the end of the lease.
 */
export async function askRefundAlongPlan({ polls, settings }: AskRefundPorts, refund: Refund): Promise<void> {
  const delayMs = settings.refundPlanMs[0]
  if (refund.state !== "PROCESSING" || delayMs === undefined) return
  await polls.send(refund.channel, { refundId: refund.refundId, step: 0 }, delayMs).catch(() => undefined)
}

/** Asks one question about a refund that nobody holds: however often a merchant asks, no second series begins. */
export async function askRefundOnce(
  { clock, polls }: Pick<AskRefundPorts, "clock" | "polls">,
  refund: Refund,
): Promise<void> {
  if (refund.state !== "PROCESSING" || refundLeaseHeld(refund, clock.nowMs())) return
  const message = { refundId: refund.refundId, step: 0, once: true } as const
  await polls.send(refund.channel, message, 0).catch(() => undefined)
}

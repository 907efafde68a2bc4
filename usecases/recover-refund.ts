/** What the recovery makes of a change of a refund: a message for the moment when its owner must have finished. */
import type { Refund } from "../domain/refund.ts"
import type { Clock, PollQueue } from "./ports.ts"

/** One change of a refund, as the stream delivers it: possibly twice, possibly out of order. */
export type RefundChange = { before?: Refund; after: Refund }

export async function recoverRefund(
  { clock, polls }: { clock: Clock; polls: PollQueue },
  { before, after: refund }: RefundChange,
): Promise<void> {
  // A step took its lease or let it go: whoever sent it sends the next.
  if (before && before.events.length === refund.events.length) return
  if (!needsSomebody(refund)) return
  const ownersEndMs = Math.max(0, (refund.lease?.untilMs ?? 0) - clock.nowMs()) + 1_000
  await polls.send(refund.channel, { refundId: refund.refundId, step: 0 }, ownersEndMs)
}

/**
 * Not final; or final, and whoever ended it may have died just then: what failed may still hold its amount on the order, what
 * a person sent again may still stand on the desk.
 */
function needsSomebody({ state, events }: Refund): boolean {
  if (state === "SUCCEEDED") return events.some((it) => it.event === "refused")
  return state === "PROCESSING" || state === "FAILED"
}

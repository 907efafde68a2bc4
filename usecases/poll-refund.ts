/** Goes on with a refund along its plan of asking; when that is used up, a workflow takes over. */
import type { PollQueue, Refundings, RefundMessage } from "./ports.ts"
import { type RefundPorts, refundStep } from "./refund-step.ts"

export type PollRefundPorts = RefundPorts & { polls: PollQueue; refundings: Refundings }

export type PollRefundResult = "settled" | "asked again later" | "left to its workflow" | "left alone"

/** @param dueMonotonicMs when the step must be done */
export async function pollRefund(
  ports: PollRefundPorts,
  { refundId, step, once }: RefundMessage,
  dueMonotonicMs: number,
): Promise<PollRefundResult> {
  const result = await refundStep(ports, refundId, dueMonotonicMs)
  if (result.done) return "settled"
  if (once) return "left alone"
  const delayMs = ports.settings.refundPlanMs[step + 1]
  const refund = await ports.refunds.read(refundId)
  if (delayMs === undefined || !refund) {
    await ports.refundings.ensure(refundId)
    return "left to its workflow"
  }
  const message = { refundId, step: step + 1 }
  await ports.polls.send(refund.channel, message, Math.max(delayMs, result.waitMs))
  return "asked again later"
}

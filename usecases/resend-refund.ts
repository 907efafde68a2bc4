/**
 * Sending a refund again by hand (G5): one that failed for certain is held on the order anew, as its next generation, and sent
 * under the same number at the channel unless that ended there; one that is not certain is asked about. Neither can move
 * money twice.
 */
import { LEASE_MS } from "../domain/order.ts"
import { applyToRefund, type Refund } from "../domain/refund.ts"
import { holdAndAsk, type RefundPorts, refundStep } from "./refund-step.ts"

export type ResendResult =
  | { ok: true; refund: Refund }
  | {
      ok: false
      why: "succeeded already" | "there is no such refund" | "somebody else is at it" | "sent too often"
    }

/** The channel's number has two digits for which of them it is, and there are no more of those than generations. */
const MOST_GENERATIONS = 99

/** @param dueMonotonicMs when the answer is needed: the channel is not waited for beyond it */
export async function resendRefund(
  ports: RefundPorts,
  refundId: string,
  dueMonotonicMs: number,
): Promise<ResendResult> {
  const refund = await ports.refunds.read(refundId)
  if (!refund || refund.state === "RETRACTED") return { ok: false, why: "there is no such refund" }
  if (refund.state === "SUCCEEDED") return { ok: false, why: "succeeded already" }
  if (refund.state === "PROCESSING") {
    await refundStep(ports, refundId, dueMonotonicMs)
    return { ok: true, refund: (await ports.refunds.read(refundId)) ?? refund }
  }
  if (refund.generation >= MOST_GENERATIONS) return { ok: false, why: "sent too often" }
  return sendAnew(ports, refund, dueMonotonicMs)
}

async function sendAnew(ports: RefundPorts, refund: Refund, dueMonotonicMs: number): Promise<ResendResult> {
  const nowMs = ports.clock.nowMs()
  const begun = applyToRefund(refund, "sentAgain", nowMs, {
    generation: refund.generation + 1,
    lease: { holder: ports.random.id(nowMs), untilMs: nowMs + LEASE_MS },
    unansweredAtMs: undefined,
    refusedAtMs: undefined,
    channelCode: undefined,
  })
  if (!(await ports.refunds.advance(refund, begun)).written)
    return { ok: false, why: "somebody else is at it" }
  return { ok: true, refund: await holdAndAsk(ports, begun, dueMonotonicMs) }
}

import type { Refund } from "../domain/refund.ts"
import type { RefundPorts } from "../usecases/refund-step.ts"
import { type ResendResult, resendRefund } from "../usecases/resend-refund.ts"
import { type Asked, askFirst } from "./ask-first.ts"
import type { Answer, Command } from "./command.ts"
import { findNamedRefund, noSuchRefund, REFUND_WORDS } from "./find-refund.ts"
import { yuan } from "./order-words.ts"
import { recorded, whoAndWhy } from "./recorded.ts"
import { REFUND_STATE_WORDS } from "./refund-words.ts"

/** Within what the channel is waited for. */
const PATIENCE_MS = 10_000

/** G5: a refund that failed or whose fate is unknown is sent again with the same number, never paid twice. */
export const refundsResend: Command = {
  name: "refunds resend",
  words: REFUND_WORDS,
  summary: "Sends a refund again that failed or is not certain",
  details: [
    "One that is not certain is asked about under the number it has. One that failed for certain is held on the",
    "order anew and sent under the next generation of its number. Neither can move money twice.",
  ],
  takes: ["operator", "reason", "yes"],
  wordCount: { min: 1, max: 2 },
  async run(request, desk, terminal) {
    const refund = await findNamedRefund(desk.refunds, request.words)
    if (!refund) return noSuchRefund(request.words)
    const declined = await askFirst(asked(refund, desk.stage), request, terminal)
    if (declined) return declined
    const ports = await desk.refundPorts()
    const action = { action: "refunds resend", subject: refund.refundId, ...whoAndWhy(request) } as const
    return answerTo(await recorded(desk, action, () => send(ports, refund), inShort))
  },
}

function asked({ refundId, merchantId, outRefundNo, amountFen, state }: Refund, stage: string): Asked {
  return {
    about: [
      `stage    ${stage}`,
      `refund   ${refundId}`,
      `merchant ${merchantId}, its number ${outRefundNo}`,
      `amount   ${yuan(amountFen)}`,
      `state    ${state}: ${REFUND_STATE_WORDS[state]}`,
    ],
    question: `Send this refund again, so that ${yuan(amountFen)} go back to the customer?`,
  }
}

function send(ports: RefundPorts, { refundId }: Refund): Promise<ResendResult> {
  return resendRefund(ports, refundId, ports.clock.monotonicMs() + PATIENCE_MS)
}

function inShort(result: ResendResult): string {
  return result.ok ? result.refund.state : `refused: ${result.why}`
}

function answerTo(result: ResendResult): Answer {
  if (!result.ok) return { ok: false, why: WHY[result.why] }
  const { state, channelCode } = result.refund
  const because = state === "FAILED" && channelCode ? ` (${channelCode})` : ""
  const goesOn = state === "PROCESSING" ? " It goes on by itself." : ""
  return { ok: true, lines: [`The refund is ${state}: ${REFUND_STATE_WORDS[state]}${because}.${goesOn}`] }
}

const WHY: Readonly<Record<Extract<ResendResult, { ok: false }>["why"], string>> = {
  "succeeded already": "it succeeded already: the money went back",
  "there is no such refund": "there is no such refund any more",
  "somebody else is at it": "somebody else is at it: look again in half a minute",
  "sent too often": "it was sent 99 times: refund under another number",
}

import type { Order } from "../domain/order.ts"
import { type ReversePorts, type ReverseResult, reverseOrder } from "../usecases/reverse-order.ts"
import { type Asked, askFirst } from "./ask-first.ts"
import type { Answer, Command } from "./command.ts"
import type { Desk } from "./desk.ts"
import { findNamedOrder, noSuchOrder, ORDER_WORDS } from "./find-order.ts"
import { nextSteps } from "./next-steps.ts"
import { STATE_WORDS, yuan } from "./order-words.ts"
import { recorded, whoAndWhy } from "./recorded.ts"

/** G3: the merchants' reverse, begun by an operator. */
export const reverse: Command = {
  name: "reverse",
  words: ORDER_WORDS,
  summary: "Undoes an order: nothing is taken, or the whole amount goes back",
  details: [
    "An order whose fate is unknown can be undone at any time, a paid one on the merchant's day of the payment",
    "only: after that a refund is the way. What is not finished at once goes on by itself.",
  ],
  takes: ["operator", "reason", "yes"],
  wordCount: { min: 1, max: 2 },
  async run(request, desk, terminal) {
    const order = await findNamedOrder(desk.orders, request.words)
    if (!order) return noSuchOrder(request.words)
    const permitted = nextSteps(order, desk.clock.nowMs(), await desk.timeZoneOf(order.merchantId)).reverse
    if (!permitted.ok) return permitted
    const declined = await askFirst(asked(order, desk.stage), request, terminal)
    if (declined) return declined
    const ports = await desk.reversePorts()
    const action = { action: "reverse", subject: order.tradeNo, ...whoAndWhy(request) } as const
    return answerTo(await recorded(desk, action, () => undo(ports, desk, order), inShort))
  },
}

function asked({ tradeNo, merchantId, outRequestNo, totalFen, state }: Order, stage: string): Asked {
  return {
    about: [
      `stage    ${stage}`,
      `order    ${tradeNo}`,
      `merchant ${merchantId}, its number ${outRequestNo}`,
      `amount   ${yuan(totalFen)}`,
      `state    ${state}: ${STATE_WORDS[state]}`,
    ],
    question: `Undo this order, so that the customer pays nothing of the ${yuan(totalFen)}?`,
  }
}

function undo(ports: ReversePorts, { clock }: Desk, { merchantId, tradeNo }: Order): Promise<ReverseResult> {
  const arrived = { nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
  return reverseOrder(ports, merchantId, { tradeNo }, arrived)
}

function inShort(result: ReverseResult): string {
  if (!result.ok) return `refused: ${result.refusal.code}`
  return `${result.recall === "Y" ? "goes on by itself" : "finished"}: ${result.order.state}`
}

function answerTo(result: ReverseResult): Answer {
  if (!result.ok) return { ok: false, why: REFUSAL_WORDS[result.refusal.code] }
  const { order, recall } = result
  if (recall === "Y") {
    const state = `The order is ${order.state}: ${STATE_WORDS[order.state]}.`
    return { ok: true, lines: ["Undoing has begun and goes on by itself until it is done.", state] }
  }
  if (order.state === "PAID") {
    return {
      ok: false,
      why: "the channel refuses to give the money back: the order stays paid and stands on the desk",
    }
  }
  const returned = order.legs.some((leg) => leg.state === "RETURNED")
  const money = returned ? "the whole amount went back" : "the channel took nothing and will take nothing"
  return { ok: true, lines: [`Finished: ${money}. The order is ${order.state}.`] }
}

const REFUSAL_WORDS = {
  ORDER_NOT_FOUND: "there is no such order any more",
  REVERSE_WINDOW_CLOSED: "it was paid on an earlier day: a refund is the way",
  ORDER_STATE_FORBIDS: "the order's state does not allow it",
} as const

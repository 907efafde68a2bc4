import type { Order } from "../domain/order.ts"
import { type PollPorts, type PollResult, pollOrder } from "../usecases/poll-order.ts"
import type { Command } from "./command.ts"
import { findNamedOrder, noSuchOrder, ORDER_WORDS } from "./find-order.ts"
import { nextSteps } from "./next-steps.ts"
import { STATE_WORDS } from "./order-words.ts"
import { recorded, whoAndWhy } from "./recorded.ts"

type Outcome = { results: PollResult[]; after: Order }

/** G4: what the poll function does with a message, done now. */
export const requery: Command = {
  name: "requery",
  words: ORDER_WORDS,
  summary: "Asks the channel about an order once, now",
  details: [
    "A clear word of the channel is written down as when the platform asks by itself: an order that is past",
    "its time and still unknown is then undone, and money found for an ended order goes back.",
  ],
  takes: ["operator", "reason"],
  wordCount: { min: 1, max: 2 },
  async run(request, desk) {
    const before = await findNamedOrder(desk.orders, request.words)
    if (!before) return noSuchOrder(request.words)
    const permitted = nextSteps(before, desk.clock.nowMs(), await desk.timeZoneOf(before.merchantId)).requery
    if (!permitted.ok) return permitted
    const ports = await desk.pollPorts()
    const action = { action: "requery", subject: before.tradeNo, ...whoAndWhy(request) } as const
    const outcome = await recorded(
      desk,
      action,
      () => ask(ports, before),
      (it) => inShort(it),
    )
    return { ok: true, lines: describe(before, outcome) }
  },
}

/** With the last step of the plan, so that no second series of questions begins. */
async function ask(ports: PollPorts, order: Order): Promise<Outcome> {
  const results: PollResult[] = []
  for (const { no, channel } of order.legs) {
    const step = ports.channels[channel]?.capabilities.queryPlanMs.length ?? 0
    results.push(await pollOrder(ports, { tradeNo: order.tradeNo, legNo: no, step }))
  }
  return { results, after: (await ports.orders.read(order.tradeNo)) ?? order }
}

function inShort({ results, after }: Outcome): string {
  return `${results.join(", ")}: ${after.state}`
}

function describe(before: Order, { results, after }: Outcome): string[] {
  const changed = before.state !== after.state
  const state = `The order ${changed ? "is now" : "stays"} ${after.state}: ${STATE_WORDS[after.state]}.`
  return [...new Set(results)].map((it) => RESULT_WORDS[it]).concat(state)
}

const RESULT_WORDS: Readonly<Record<PollResult, string>> = {
  settled: "The channel was asked, and there is nothing left to find out.",
  "asked again later": "The channel gave no clear word; it is asked again by itself.",
  "left alone": "The channel gave no clear word; the platform goes on asking by itself.",
  "being undone": "The order is being undone, which goes on by itself until it is done.",
  "nothing to ask": "There was nothing to ask.",
}

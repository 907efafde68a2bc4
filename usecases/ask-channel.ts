/** Having an order asked about: by whom it concerns first, and by whoever meets it after its owner has gone. */

import { afterOutcome, type ChargeOutcome } from "../domain/charge-outcome.ts"
import type { Order } from "../domain/order.ts"
import type { Channels, OrderStore, PollQueue } from "./ports.ts"

export type AskPorts = { channels: Channels; polls: PollQueue }

/** Begins the series of questions along each open leg's plan. The order is durable: a queue that is down harms no answer. */
export async function askAlongPlan({ channels, polls }: AskPorts, order: Order): Promise<void> {
  await Promise.allSettled(
    openLegs(order).map(async ({ channel, no }) => {
      const delayMs = channels[channel]?.capabilities.queryPlanMs[0]
      if (delayMs !== undefined)
        await polls.send(channel, { tradeNo: order.tradeNo, legNo: no, step: 0 }, delayMs)
    }),
  )
}

/**
 * Asks one question about an order whose owner has gone. The message is the last of its plan, so that however often a
 * merchant asks, no second series of questions begins.
 */
export async function askOnce({ channels, polls }: AskPorts, order: Order): Promise<void> {
  await Promise.allSettled(
    openLegs(order).map(async ({ channel, no }) => {
      const step = channels[channel]?.capabilities.queryPlanMs.length
      if (step !== undefined) await polls.send(channel, { tradeNo: order.tradeNo, legNo: no, step }, 0)
    }),
  )
}

/**
 * Writes what a channel said of a leg. Where somebody else wrote in between, what was learned is held against what stands
 * there now, and written if it is still news: a charge that was heard of is never dropped.
 */
export async function settle(
  orders: OrderStore,
  order: Order,
  legNo: number,
  outcome: ChargeOutcome,
  nowMs: number,
): Promise<Order> {
  let present = order
  for (;;) {
    const next = afterOutcome(present, legNo, outcome, nowMs)
    if (!next) return present
    const result = await orders.advance(present, next)
    if (result.written) return next
    present = result.stored
  }
}

function openLegs(order: Order) {
  return order.legs.filter((leg) => leg.state === "PENDING")
}

/**
 * What the recovery makes of a change of an order: a message for the moment when its owner must have finished. So an order
 * goes on whatever dies, with nobody calling anything. Doubled messages are harmless.
 */

import type { Order } from "../domain/order.ts"
import { legsToUndo } from "../domain/undo-outcome.ts"
import type { OrderChange } from "./consumption-records.ts"
import type { Clock, PollQueue } from "./ports.ts"

export type RecoverPorts = {
  clock: Clock
  polls: PollQueue
  /** Plans of the channels, by which the series of questions is taken up where it would be by now. */
  queryPlanMs: (channel: Order["legs"][number]["channel"]) => readonly number[] | undefined
  settings: { lateAskMs: number }
}

/** The last change of each order of a batch: those before it are history by now. */
export function lastChanges(changes: readonly OrderChange[]): OrderChange[] {
  const last = new Map<string, OrderChange>()
  for (const change of changes) last.set(change.after.tradeNo, change)
  return [...last.values()]
}

export async function recoverOrder(ports: RecoverPorts, { after: order }: OrderChange): Promise<void> {
  const nowMs = ports.clock.nowMs()
  const [leg] = order.legs
  if (!leg) return
  const plan = ports.queryPlanMs(leg.channel) ?? []
  const ownersEndMs = Math.max(0, (order.lease?.untilMs ?? nowMs) - nowMs) + 1_000
  if (order.state === "PAYING" || legsToUndo(order).length > 0) {
    const step = stepAt(plan, nowMs + ownersEndMs - order.createdAtMs)
    await ports.polls.send(leg.channel, { tradeNo: order.tradeNo, legNo: leg.no, step }, ownersEndMs)
  } else if (order.state === "CLOSED" && order.events.at(-1)?.event === "reversed") {
    // Once more: a charge that everybody had given up may have landed after all.
    const message = { tradeNo: order.tradeNo, legNo: leg.no, step: plan.length }
    await ports.polls.send(leg.channel, message, ports.settings.lateAskMs)
  }
}

/** Where in its plan an order of that age is. */
function stepAt(plan: readonly number[], ageMs: number): number {
  let passedMs = 0
  const step = plan.findIndex((delayMs) => {
    passedMs += delayMs
    return passedMs > ageMs
  })
  return step === -1 ? Math.max(0, plan.length - 1) : step
}

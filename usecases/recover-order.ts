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

/** What became of each order of a batch, from before its first change to after its last: what lies between is history. */
export function lastChanges(changes: readonly OrderChange[]): OrderChange[] {
  const whole = new Map<string, OrderChange>()
  for (const { before, after } of changes) {
    const earlier = whole.get(after.tradeNo)
    whole.set(after.tradeNo, { before: earlier ? earlier.before : before, after })
  }
  return [...whole.values()]
}

export async function recoverOrder(
  ports: RecoverPorts,
  { before, after: order }: OrderChange,
): Promise<void> {
  const nowMs = ports.clock.nowMs()
  const ownersEndMs = Math.max(0, (order.lease?.untilMs ?? nowMs) - nowMs) + 1_000
  if (order.state === "PAYING" || (legsToUndo(order).length > 0 && !onlyLeaseChanged(before, order))) {
    for (const { channel, no } of order.legs) {
      const step = stepAt(ports.queryPlanMs(channel) ?? [], nowMs + ownersEndMs - order.createdAtMs)
      await ports.polls.send(channel, { tradeNo: order.tradeNo, legNo: no, step }, ownersEndMs)
    }
  } else if (order.state === "CLOSED" && order.events.at(-1)?.event === "reversed") {
    // Once more: a charge that everybody had given up may have landed after all.
    for (const { channel, no } of order.legs) {
      const step = (ports.queryPlanMs(channel) ?? []).length
      await ports.polls.send(channel, { tradeNo: order.tradeNo, legNo: no, step }, ports.settings.lateAskMs)
    }
  }
}

/** A step of an undoing took its lease or let it go: that undoing goes on, and needs no second one. */
function onlyLeaseChanged(before: Order | undefined, after: Order): boolean {
  if (before?.state !== after.state) return false
  const legs = (order: Order) => order.legs.map((leg) => leg.state).join()
  return legs(before) === legs(after) && before.events.length === after.events.length
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

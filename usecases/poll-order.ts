/**
 * Asks the channel about an order, along the channel's plan. Every question is a message; the next one is a new message, so
 * a doubled or late one costs a question and harms nobody.
 *
 * Here only a clear word counts: "taken" at any time; "will never take it" once the order's owner has gone, since until
 * then its charge may still be on the way. "Not found" is no clear word. When the plan is used up the order is undone. An
 * order that ended without its money is asked about too: money found for it is written down and sent back.
 */
import type { ChargeOutcome, QueryOutcome } from "../domain/charge-outcome.ts"
import { apply, LEASE_MS, type Leg, leaseHeld, type Order } from "../domain/order.ts"
import { channelOrderNoOf } from "../domain/order-number.ts"
import { legsToUndo } from "../domain/undo-outcome.ts"
import { settle } from "./ask-channel.ts"
import { accountOfLeg } from "./channel-account.ts"
import type {
  Channels,
  Clock,
  ExceptionStore,
  OrderStore,
  PayChannel,
  PollMessage,
  PollQueue,
  Undoings,
} from "./ports.ts"

export type PollPorts = {
  clock: Clock
  orders: OrderStore
  channels: Channels
  polls: PollQueue
  undoings: Undoings
  exceptions: ExceptionStore
  settings: { channelTimeoutMs: number; visibleAfterMs: number }
}

export type PollResult = "settled" | "asked again later" | "being undone" | "left alone" | "nothing to ask"

export async function pollOrder(ports: PollPorts, message: PollMessage): Promise<PollResult> {
  const seenAtMs = ports.clock.nowMs()
  const order = await ports.orders.read(message.tradeNo)
  if (!order) return "nothing to ask"
  const leg = order.legs.find((it) => it.no === message.legNo)
  if (!leg || order.state === "PAID" || order.state === "RETRACTED") {
    await takeOffDesk(ports, order)
    return "nothing to ask"
  }
  const channel = ports.channels[leg.channel]
  if (!channel) return noChannel(ports, order, leg, seenAtMs)
  if (order.state === "REVERSING" || legsToUndo(order).length > 0) return undo(ports, order, seenAtMs)
  const { order: asked, answered } = await ask(ports, order, leg, channel)
  if (asked.state !== "PAYING") await takeOffDesk(ports, asked)
  if (asked.state === "CLOSED" && !answered) return askLateOnceMore(ports, channel, message)
  if (asked.state !== "PAYING") return legsToUndo(asked).length > 0 ? undo(ports, asked, seenAtMs) : "settled"
  return goOn(ports, asked, channel, message)
}

/** A channel that was switched off while it may still hold money: nobody can be asked, so people must know. */
async function noChannel(
  { exceptions }: PollPorts,
  order: Order,
  leg: Leg,
  seenAtMs: number,
): Promise<PollResult> {
  const { tradeNo, merchantId } = order
  if (order.state === "PAYING" || legsToUndo(order).length > 0) {
    const lastTried = `channel ${leg.channel} is switched off`
    await exceptions.note({ tradeNo, merchantId, kind: "not final", lastTried }, seenAtMs)
  }
  return "nothing to ask"
}

/** An order that ended late, or whose messages failed too often, may stand on the exceptions desk. */
async function takeOffDesk({ clock, exceptions, settings }: PollPorts, order: Order): Promise<void> {
  const nowMs = clock.nowMs()
  if (nowMs - order.createdAtMs < settings.visibleAfterMs) return
  await exceptions.resolve(order.tradeNo, "not final", nowMs)
}

/** How often a closed order is asked about again while its channel is silent: for two hours, then reconciliation must do. */
const LATE_QUESTIONS = 12

/** Whether a closed order has come to hold money is only known once its channel answers. */
async function askLateOnceMore(
  ports: PollPorts,
  channel: PayChannel,
  message: PollMessage,
): Promise<PollResult> {
  const lastStep = channel.capabilities.queryPlanMs.length
  if (message.step >= lastStep + LATE_QUESTIONS) return "left alone"
  const next = { ...message, step: Math.max(message.step, lastStep) + 1 }
  await ports.polls.send(channel.id, next, ports.settings.visibleAfterMs)
  return "asked again later"
}

async function ask(
  ports: PollPorts,
  order: Order,
  leg: Leg,
  channel: PayChannel,
): Promise<{ order: Order; answered: boolean }> {
  const outcome = await channel.query({
    account: accountOfLeg(order.merchantId, leg),
    channelOrderNo: channelOrderNoOf(order.tradeNo, leg.no),
    amountFen: leg.amountFen,
    intent: leg.intent,
    orderedAtMs: order.createdAtMs,
    timeoutMs: ports.settings.channelTimeoutMs,
  })
  const nowMs = ports.clock.nowMs()
  const answered = outcome.kind !== "unknown" && outcome.kind !== "notSent"
  const clear = clearOutcome(order, outcome, nowMs)
  return { order: clear ? await settle(ports.orders, order, leg.no, clear, nowMs) : order, answered }
}

function clearOutcome(order: Order, outcome: QueryOutcome, nowMs: number): ChargeOutcome | undefined {
  if (outcome.kind === "charged") return outcome
  if (outcome.kind === "pending" && outcome.waitingFor === "password") return outcome
  if (outcome.kind === "declined" && !leaseHeld(order, nowMs)) return outcome
  return undefined
}

/** The next question, or the end of the plan: then the order is undone, but never while its owner may still be charging. */
async function goOn(
  ports: PollPorts,
  order: Order,
  channel: PayChannel,
  message: PollMessage,
): Promise<PollResult> {
  const plan = channel.capabilities.queryPlanMs
  const nowMs = ports.clock.nowMs()
  const planEndsMs =
    order.createdAtMs +
    Math.max(
      LEASE_MS,
      plan.reduce((sum, ms) => sum + ms, 0),
    )
  if (nowMs >= planEndsMs && !leaseHeld(order, nowMs)) return startReversal(ports, order, nowMs)
  // A single question of somebody who met the order: its own series goes on beside it.
  if (message.step >= plan.length) return "left alone"
  const step = message.step + 1
  const delayMs = plan[step] ?? Math.max(0, planEndsMs - nowMs)
  await ports.polls.send(channel.id, { ...message, step: Math.min(step, plan.length - 1) }, delayMs)
  return "asked again later"
}

async function startReversal(ports: PollPorts, order: Order, nowMs: number): Promise<PollResult> {
  const next = apply(order, "reversalStarted", nowMs)
  const result = await ports.orders.advance(order, next)
  const present = result.written ? next : result.stored
  return legsToUndo(present).length > 0 ? undo(ports, present, nowMs) : "settled"
}

/** @param seenAtMs before the order was read: a note that lands late must not undo what was resolved since then */
async function undo(ports: PollPorts, order: Order, seenAtMs: number): Promise<PollResult> {
  if (order.state === "FAILED" || order.state === "CLOSED") {
    const { tradeNo, merchantId } = order
    const found = { tradeNo, merchantId, kind: "surplus", lastTried: "found at the channel" } as const
    await ports.exceptions.note(found, seenAtMs)
  }
  await ports.undoings.ensure(order.tradeNo)
  return "being undone"
}

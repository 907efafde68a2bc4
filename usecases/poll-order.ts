/**
 * Asks the channel about an order that is not final, along the channel's plan. Every question is a message; the next one
 * is a new message, so a doubled or late one costs a question and harms nobody.
 *
 * Here only a clear word counts: "taken" at any time; "will never take it" once the order's owner has gone, since until
 * then its charge may still be on the way. "Not found" is no clear word. Undoing what stays unknown is not done here.
 */
import type { ChargeOutcome, QueryOutcome } from "../domain/charge-outcome.ts"
import { leaseHeld, type Order } from "../domain/order.ts"
import { channelOrderNoOf } from "../domain/order-number.ts"
import { settle } from "./ask-channel.ts"
import { accountOfLeg } from "./channel-account.ts"
import type { Channels, Clock, OrderStore, PayChannel, PollMessage, PollQueue } from "./ports.ts"

export type PollPorts = {
  clock: Clock
  orders: OrderStore
  channels: Channels
  polls: PollQueue
  settings: { channelTimeoutMs: number }
}

export type PollResult = "settled" | "asked again later" | "plan used up" | "nothing to ask"

export async function pollOrder(ports: PollPorts, message: PollMessage): Promise<PollResult> {
  const order = await ports.orders.read(message.tradeNo)
  const leg = order?.legs.find((it) => it.no === message.legNo)
  const channel = leg && ports.channels[leg.channel]
  if (order?.state !== "PAYING" || !leg || !channel) return "nothing to ask"

  const outcome = await channel.query({
    account: accountOfLeg(order.merchantId, leg),
    channelOrderNo: channelOrderNoOf(order.tradeNo, leg.no),
    amountFen: leg.amountFen,
    intent: leg.intent,
    orderedAtMs: order.createdAtMs,
    timeoutMs: ports.settings.channelTimeoutMs,
  })
  const nowMs = ports.clock.nowMs()
  const clear = clearOutcome(order, outcome, nowMs)
  const settled = clear && (await settle(ports.orders, order, leg.no, clear, nowMs))
  return settled && settled.state !== "PAYING" ? "settled" : rearm(ports, channel, message)
}

function clearOutcome(order: Order, outcome: QueryOutcome, nowMs: number): ChargeOutcome | undefined {
  if (outcome.kind === "charged") return outcome
  if (outcome.kind === "pending" && outcome.waitingFor === "password") return outcome
  if (outcome.kind === "declined" && !leaseHeld(order, nowMs)) return outcome
  return undefined
}

async function rearm(ports: PollPorts, channel: PayChannel, message: PollMessage): Promise<PollResult> {
  const step = message.step + 1
  const delayMs = channel.capabilities.queryPlanMs[step]
  if (delayMs === undefined) return "plan used up"
  await ports.polls.send(channel.id, { ...message, step }, delayMs)
  return "asked again later"
}

/**
 * One step of a refund that is not certain yet: takes its lease, makes sure that the money is held on the order, and asks
 * the channel under the same number as before, which moves money once however often it is asked.
 *
 * A refusal ends a refund only when nothing that was sent and not answered can still be on its way: what the channel refuses
 * now it may yet carry out on an earlier asking (I4).
 */
import type { ReturnOutcome } from "../domain/charge-outcome.ts"
import { LEASE_MS, type Leg, type Order } from "../domain/order.ts"
import { channelOrderNoOf } from "../domain/order-number.ts"
import {
  applyToRefund,
  begunAtMs,
  type LastAsking,
  type Refund,
  refundLeaseHeld,
  withoutRefundLease,
  withRefundLease,
} from "../domain/refund.ts"
import { channelRefundNoOf } from "../domain/refund-number.ts"
import { isRefundFinal } from "../domain/refund-states.ts"
import { accountOfLeg } from "./channel-account.ts"
import { latestSendMs } from "./latest-send.ts"
import type {
  Channels,
  Clock,
  ExceptionStore,
  OrderStore,
  PayChannel,
  Random,
  RefundSettings,
  RefundStore,
  ReturnRequest,
} from "./ports.ts"
import { holdFor, letGo } from "./reserve-refund.ts"
import { withinTime } from "./within-time.ts"

export type RefundPorts = {
  clock: Clock
  random: Random
  orders: OrderStore
  refunds: RefundStore
  channels: Channels
  exceptions: ExceptionStore
  settings: RefundSettings
}

/** Not done: how long to wait before the next step, at least. */
export type RefundStep = { done: true } | { done: false; waitMs: number }

/** Somebody else wrote at the same time: whoever it was, look again in a moment. */
const MOMENT_MS = 1_000

/** @param dueMonotonicMs when the step must be done: the channel is not waited for beyond it */
export async function refundStep(
  ports: RefundPorts,
  refundId: string,
  dueMonotonicMs: number,
): Promise<RefundStep> {
  const refund = await ports.refunds.read(refundId)
  if (!refund) return { done: true }
  if (refund.state !== "PROCESSING") {
    // Whoever finished it may have died before the order and the desk were told.
    await afterTheEnd(ports, refund)
    return { done: true }
  }
  const nowMs = ports.clock.nowMs()
  const soonMs = (refund.unansweredAtMs ?? 0) + spacingMs(ports) - nowMs
  // Several series may be asking about it, and merchants do: channels limit how often they answer.
  if (!refund.lease && soonMs > 0) return { done: false, waitMs: soonMs }
  if (refund.lease && refundLeaseHeld(refund, nowMs))
    return { done: false, waitMs: refund.lease.untilMs - nowMs + 1 }
  const mine = withRefundLease(refund, ports.random.id(nowMs), nowMs)
  if (!(await ports.refunds.advance(refund, mine)).written) return { done: false, waitMs: MOMENT_MS }
  const asked = await holdAndAsk(ports, mine, dueMonotonicMs)
  return asked.state === "PROCESSING" ? { done: false, waitMs: MOMENT_MS } : { done: true }
}

/** Half of the plan's first wait: who comes by plan is not held up. */
function spacingMs({ settings }: RefundPorts): number {
  return (settings.refundPlanMs[0] ?? 0) / 2
}

/** Under its lease: held on the order if that is missing, then asked for. Gives the refund as it then stands. */
export async function holdAndAsk(
  ports: RefundPorts,
  refund: Refund,
  dueMonotonicMs: number,
): Promise<Refund> {
  const order = await ports.orders.read(refund.tradeNo)
  if (!order) throw new Error(`refund ${refund.refundId} is of an order that is not there`)
  const held = await holdFor(ports, order, refund)
  if (held.ok) return askForRefund(ports, refund, held.order, dueMonotonicMs)
  if (held.code === "LEASE_OVER") return refund
  // Nothing was ever sent for it, since that needs the reservation; but its number may have been asked about since.
  return end(ports, refund, "refused", { channelCode: held.code })
}

/**
 * Asks the channel and writes what it said. Only for the holder of the refund's lease, with the money held on the order.
 * Gives the refund as it then stands.
 */
export async function askForRefund(
  ports: RefundPorts,
  refund: Refund,
  order: Order,
  dueMonotonicMs: number,
): Promise<Refund> {
  const leg = order.legs.find((it) => it.no === refund.legNo)
  const found = leg && ports.channels[leg.channel]
  if (!leg || !found?.capabilities.refund) {
    return waitAndSee(ports, refund, { lastTried: `channel ${leg?.channel ?? ""} is switched off` })
  }
  const channel = withinTime(found, ports.clock, dueMonotonicMs)
  const { asked, said } = await askChannel(channel, refund, requestOf(ports, refund, order, leg))
  if (said.kind === "returned") {
    const { channelRefundNo, couponFen, returnedAtMs } = said
    return end(ports, refund, "returned", { channelRefundNo, couponFen, channelReturnedAtMs: returnedAtMs })
  }
  const refusal = refusalIn(asked, said)
  if (refusal) return endUnlessItMayLand(ports, refund, refusal)
  return waitAndSee(ports, refund, {
    lastTried: wordsFor(said),
    unansweredAtMs: asked && isUnderWay(asked, said) ? ports.clock.nowMs() : undefined,
    atOnce: said.kind === "stuck",
  })
}

/** What was sent now may be carried out yet, or is being so. */
function isUnderWay(asked: ReturnOutcome, said: ReturnOutcome): boolean {
  if (asked.kind === "unknown" || asked.kind === "processing") return true
  return said.kind === "processing" || said.kind === "stuck"
}

function requestOf(ports: RefundPorts, refund: Refund, order: Order, leg: Leg): ReturnRequest {
  const timeoutMs = ports.settings.channelTimeoutMs
  return {
    account: accountOfLeg(order.merchantId, leg),
    channelOrderNo: channelOrderNoOf(order.tradeNo, leg.no),
    channelRefundNo: channelRefundNoOf(refund.refundId, leg.no, refund.channelNo),
    totalFen: leg.amountFen,
    amountFen: refund.amountFen,
    intent: leg.intent,
    orderedAtMs: order.createdAtMs,
    notAfterMs: latestSendMs(refund.lease, timeoutMs),
    timeoutMs,
  }
}

/** What was sent now, if anything, and what the channel says of the refund. */
type Heard = { asked?: ReturnOutcome; said: ReturnOutcome }

/**
 * Where something was sent before, the refund's own state is asked first, and only what the channel does not know is sent
 * again. What it accepts or refuses says less than the refund's own state, so that is asked too.
 */
async function askChannel(channel: PayChannel, refund: Refund, request: ReturnRequest): Promise<Heard> {
  if (refund.unansweredAtMs !== undefined) {
    const before = await channel.queryRefund(request)
    if (before.kind !== "notFound") return { said: before }
  }
  const asked = await channel.refund(request)
  const unclear = asked.kind === "processing" || asked.kind === "refused"
  return { asked, said: unclear ? await channel.queryRefund(request) : asked }
}

type Refusal = Extract<ReturnOutcome, { kind: "refused" }>

/** Where it gives nothing back: it says so of the refund itself, or refuses the asking and knows no such refund. */
function refusalIn(asked: ReturnOutcome | undefined, said: ReturnOutcome): Refusal | undefined {
  if (said.kind === "refused") return said
  return said.kind === "notFound" && asked?.kind === "refused" ? asked : undefined
}

/** An earlier asking may be carried out yet, also where the channel has refused a later one; some refusals must be heard twice. */
async function endUnlessItMayLand(ports: RefundPorts, refund: Refund, refusal: Refusal): Promise<Refund> {
  const { channelCode } = refusal
  const nowMs = ports.clock.nowMs()
  const { lateChargeMs } = ports.settings
  const { unansweredAtMs = nowMs } = refund
  const refusedAtMs = refusal.perhapsLater && (refund.refusedAtMs ?? nowMs)
  if (refund.unansweredAtMs !== undefined && nowMs < unansweredAtMs + lateChargeMs) {
    const lastTried = `${channelCode}, but an earlier asking may be on its way`
    return waitAndSee(ports, refund, { lastTried, refusedAtMs })
  }
  if (refusedAtMs !== undefined && nowMs < refusedAtMs + lateChargeMs)
    return waitAndSee(ports, refund, { lastTried: channelCode, unansweredAtMs, refusedAtMs })
  // The next time it is sent it needs another number only where this one ended at the channel.
  const channelNo = refund.channelNo + (refusal.numberEnded ? 1 : 0)
  return end(ports, refund, "refused", { channelCode, channelNo })
}

function wordsFor(said: Exclude<ReturnOutcome, { kind: "returned" }>): string {
  switch (said.kind) {
    case "processing":
      return "in progress at the channel"
    case "stuck":
      return `${said.channelCode}: the channel holds the money until a person settles it there`
    case "notFound":
      return "not found"
    case "refused":
      return said.channelCode
    case "unknown":
    case "notSent":
      return said.cause
  }
}

type EndChange = Partial<
  Pick<Refund, "channelRefundNo" | "couponFen" | "channelCode" | "channelNo" | "channelReturnedAtMs">
>

async function end(
  ports: RefundPorts,
  refund: Refund,
  event: "returned" | "refused",
  change: EndChange,
): Promise<Refund> {
  for (let previous = refund; ; ) {
    const next = applyToRefund(previous, event, ports.clock.nowMs(), { ...change, lease: undefined })
    const result = await ports.refunds.advance(previous, next)
    const present = result.written ? next : result.stored
    const sameNumber = present.channelNo === refund.channelNo
    // That the money went back is true whoever wrote meanwhile.
    if (!result.written && event === "returned" && present.state === "PROCESSING" && sameNumber) {
      previous = present
      continue
    }
    if (isRefundFinal(present.state)) await afterTheEnd(ports, present)
    if (event === "returned" && present.state !== "SUCCEEDED") await tellOfReturn(ports, present)
    return present
  }
}

/** It went back although it was written down as failed: nothing may be sent for it again before a person has looked. */
async function tellOfReturn({ exceptions, clock }: RefundPorts, refund: Refund): Promise<void> {
  const { tradeNo, refundId, merchantId } = refund
  const lastTried = "the channel gave it back after all: do not send it again"
  await exceptions.note({ tradeNo, refundId, merchantId, kind: "refund refused", lastTried }, clock.nowMs())
}

/** What follows from the end of a refund; done again it changes nothing. */
async function afterTheEnd(ports: RefundPorts, refund: Refund): Promise<void> {
  const { exceptions, clock, orders, settings } = ports
  const { tradeNo, refundId, merchantId } = refund
  const nowMs = clock.nowMs()
  if (refund.state === "FAILED") {
    await letGo(orders, refund)
    const lastTried = refund.channelCode ?? "refused"
    // As of its end: what a person resolved since then must stay so, however often this is done.
    const endedAtMs = refund.finalAtMs ?? nowMs
    await exceptions.note({ tradeNo, refundId, merchantId, kind: "refund refused", lastTried }, endedAtMs)
  } else if (refund.events.some((it) => it.event === "refused")) {
    await exceptions.resolve(tradeNo, "refund refused", nowMs, refundId)
  }
  // What was stuck stood there from the beginning.
  const mayStandThere =
    nowMs - begunAtMs(refund) >= settings.visibleAfterMs || refund.unansweredAtMs !== undefined
  if (mayStandThere) await exceptions.resolve(tradeNo, "refund not final", nowMs, refundId)
}

/** With what was learned now of the asking. */
type Waiting = LastAsking & {
  lastTried: string
  /** A person is needed, so it is shown however young it is. */
  atOnce?: boolean
}

/** Lets the lease go, so that the next step need not wait for its end, and shows on the desk what takes too long. */
async function waitAndSee(
  ports: RefundPorts,
  refund: Refund,
  { lastTried, atOnce = false, ...asking }: Waiting,
): Promise<Refund> {
  const { tradeNo, refundId, merchantId } = refund
  const nowMs = ports.clock.nowMs()
  const next = withoutRefundLease(refund, asking)
  const result = await ports.refunds.advance(refund, next)
  // Overtaken: whoever goes on with it knows better what belongs on the desk.
  if (!result.written) return result.stored
  if (atOnce || nowMs - begunAtMs(refund) >= ports.settings.visibleAfterMs) {
    // As of when this step took its turn: what another resolved since then must stay so.
    const seenAtMs = refund.lease ? refund.lease.untilMs - LEASE_MS : nowMs
    await ports.exceptions.note(
      { tradeNo, refundId, merchantId, kind: "refund not final", lastTried },
      seenAtMs,
    )
  }
  return next
}

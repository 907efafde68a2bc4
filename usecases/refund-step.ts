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
  type Refund,
  refundLeaseHeld,
  withoutRefundLease,
  withRefundLease,
} from "../domain/refund.ts"
import { channelRefundNoOf } from "../domain/refund-number.ts"
import { isRefundFinal } from "../domain/refund-states.ts"
import { accountOfLeg } from "./channel-account.ts"
import type {
  Channels,
  Clock,
  ExceptionStore,
  OrderStore,
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
  if (refund.lease && refundLeaseHeld(refund, nowMs))
    return { done: false, waitMs: refund.lease.untilMs - nowMs + 1 }
  const mine = withRefundLease(refund, ports.random.id(nowMs), nowMs)
  if (!(await ports.refunds.advance(refund, mine)).written) return { done: false, waitMs: MOMENT_MS }
  const asked = await holdAndAsk(ports, mine, dueMonotonicMs)
  return asked.state === "PROCESSING" ? { done: false, waitMs: MOMENT_MS } : { done: true }
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
  // Nothing was ever sent for it, since that needs the reservation; the merchant has been told to wait, though.
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
    return waitAndSee(ports, refund, `channel ${leg?.channel ?? ""} is switched off`)
  }
  const channel = withinTime(found, ports.clock, dueMonotonicMs)
  const request = requestOf(ports, refund, order, leg)
  const asked = await channel.refund(request)
  const said = needsItsOwnWord(refund, asked) ? await channel.queryRefund(request) : asked
  if (said.kind === "returned") {
    const { channelRefundNo, couponFen, returnedAtMs } = said
    return end(ports, refund, "returned", { channelRefundNo, couponFen, channelReturnedAtMs: returnedAtMs })
  }
  const channelCode = refusalIn(asked, said)
  if (channelCode !== undefined) {
    if (!mayStillLand(ports, refund)) return end(ports, refund, "refused", { channelCode })
    return waitAndSee(ports, refund, `${channelCode}, but an earlier asking may be on its way`)
  }
  const underWay = asked.kind === "unknown" || asked.kind === "processing"
  return waitAndSee(ports, refund, wordsFor(said), underWay ? ports.clock.nowMs() : undefined)
}

function requestOf(ports: RefundPorts, refund: Refund, order: Order, leg: Leg): ReturnRequest {
  return {
    account: accountOfLeg(order.merchantId, leg),
    channelOrderNo: channelOrderNoOf(order.tradeNo, leg.no),
    channelRefundNo: channelRefundNoOf(refund.refundId, leg.no, refund.generation),
    totalFen: leg.amountFen,
    amountFen: refund.amountFen,
    intent: leg.intent,
    orderedAtMs: order.createdAtMs,
    timeoutMs: ports.settings.channelTimeoutMs,
  }
}

/** Accepted, or refused after an earlier asking whose end was not heard: only the refund's own state says more. */
function needsItsOwnWord({ unansweredAtMs }: Refund, asked: ReturnOutcome): boolean {
  return asked.kind === "processing" || (asked.kind === "refused" && unansweredAtMs !== undefined)
}

/** The channel's code where it gives nothing back: it says so of the refund, or refuses the asking and knows no such refund. */
function refusalIn(asked: ReturnOutcome, said: ReturnOutcome): string | undefined {
  if (said.kind === "refused") return said.channelCode
  return said.kind === "notFound" && asked.kind === "refused" ? asked.channelCode : undefined
}

/** An earlier asking may be carried out yet, also where the channel has refused a later one. */
function mayStillLand({ clock, settings }: RefundPorts, { unansweredAtMs }: Refund): boolean {
  return unansweredAtMs !== undefined && clock.nowMs() < unansweredAtMs + settings.lateChargeMs
}

function wordsFor(said: Exclude<ReturnOutcome, { kind: "returned" }>): string {
  if (said.kind === "processing") return "in progress at the channel"
  if (said.kind === "notFound") return "not found"
  return said.kind === "refused" ? said.channelCode : said.cause
}

type EndChange = Partial<
  Pick<Refund, "channelRefundNo" | "couponFen" | "channelCode" | "channelReturnedAtMs">
>

async function end(
  ports: RefundPorts,
  refund: Refund,
  event: "returned" | "refused",
  change: EndChange,
): Promise<Refund> {
  const next = applyToRefund(refund, event, ports.clock.nowMs(), { ...change, lease: undefined })
  const result = await ports.refunds.advance(refund, next)
  const present = result.written ? next : result.stored
  if (isRefundFinal(present.state)) await afterTheEnd(ports, present)
  return present
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
  if (nowMs - begunAtMs(refund) >= settings.visibleAfterMs)
    await exceptions.resolve(tradeNo, "refund not final", nowMs, refundId)
}

/** Lets the lease go, so that the next step need not wait for its end, and shows on the desk what takes too long. */
async function waitAndSee(
  ports: RefundPorts,
  refund: Refund,
  lastTried: string,
  unansweredAtMs?: number,
): Promise<Refund> {
  const { tradeNo, refundId, merchantId } = refund
  const nowMs = ports.clock.nowMs()
  const next = withoutRefundLease(refund, unansweredAtMs)
  const result = await ports.refunds.advance(refund, next)
  // Overtaken: whoever goes on with it knows better what belongs on the desk.
  if (!result.written) return result.stored
  if (nowMs - begunAtMs(refund) >= ports.settings.visibleAfterMs) {
    // As of when this step took its turn: what another resolved since then must stay so.
    const seenAtMs = refund.lease ? refund.lease.untilMs - LEASE_MS : nowMs
    await ports.exceptions.note(
      { tradeNo, refundId, merchantId, kind: "refund not final", lastTried },
      seenAtMs,
    )
  }
  return next
}

/** When this generation of it began. */
function begunAtMs(refund: Refund): number {
  const begun = refund.events.findLast((it) => it.event === "claimed" || it.event === "sentAgain")
  return begun?.atMs ?? refund.createdAtMs
}

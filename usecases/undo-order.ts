/**
 * One step of undoing an order (design §2, "Undo is not one thing"): what stays unknown is reversed at its channel, then
 * asked about and, where the money was taken after all, refunded under a computed number; what was paid is refunded; so is
 * money found for an order that ended without it. The workflow repeats the step until it says done.
 *
 * Each step takes the order's lease first, so that only one of them talks to the channel at a time.
 */
import { LEASE_MS, type Leg, leaseHeld, type Order, withLease } from "../domain/order.ts"
import { channelOrderNoOf } from "../domain/order-number.ts"
import { afterUndo, legsToUndo, type UndoOutcome, undoRefundNoOf } from "../domain/undo-outcome.ts"
import { accountOfLeg } from "./channel-account.ts"
import { latestSendMs } from "./latest-send.ts"
import type {
  Channels,
  Clock,
  ExceptionKind,
  ExceptionStore,
  OrderStore,
  PayChannel,
  Random,
  ReturnRequest,
  ReverseRequest,
  UndoSettings,
} from "./ports.ts"
import { withinTime } from "./within-time.ts"

export type UndoPorts = {
  clock: Clock
  random: Random
  orders: OrderStore
  channels: Channels
  exceptions: ExceptionStore
  settings: UndoSettings
}

/** Kept back from the end of a step for the write of its outcome. */
export const STEP_RESERVE_MS = 500

/** What one step hands on to the next: kept by the workflow, since the order need not know it. */
export type UndoProgress = {
  tradeNo: string
  /** Steps that brought nothing clear. */
  tries?: number
  /** When "no such order" was first heard after a charge could no longer be on its way. */
  notFoundAtMs?: number
}

export type UndoStep = { done: true } | ({ done: false; waitMs: number } & UndoProgress)

/** Not clear yet: how long to wait before the next try, at least. */
type Unclear = {
  kind: "unclear"
  why: string
  waitMs?: number
  notFoundAtMs?: number
  /** Something was sent that may still be carried out. */
  onItsWay?: boolean
  /** A person is needed, so it is shown on the desk however young it is. */
  atOnce?: boolean
}

/**
 * @param dueMonotonicMs when the step must be done: the channel is not waited for beyond it
 * @param held the order as it stands, where the caller has its lease already
 */
export async function undoOrder(
  ports: UndoPorts,
  progress: UndoProgress,
  dueMonotonicMs: number,
  held?: Order,
): Promise<UndoStep> {
  const order = held ?? (await ports.orders.read(progress.tradeNo))
  if (!order) return { done: true }
  const [leg] = legsToUndo(order)
  if (!leg) {
    // Whoever finished it may have died before the desk was told.
    await tellDesk(ports, order)
    return { done: true }
  }
  const mine = held ?? (await takeTurn(ports, order, leg))
  if ("waitMs" in mine) return { ...progress, done: false, waitMs: mine.waitMs }
  const outcome = believable(ports, mine, await undoLeg(ports, mine, leg, progress, dueMonotonicMs))
  if (outcome.kind === "unclear") return waitAndSee(ports, mine, progress, outcome)
  return writeOutcome(ports, mine, leg, outcome, progress)
}

/**
 * A refusal ends an undoing only when nothing that was sent without a certain answer can still be on its way: what the
 * channel refuses now it may yet carry out on an earlier asking, and the payment would be given back twice.
 */
function believable(ports: UndoPorts, order: Order, outcome: UndoOutcome | Unclear): UndoOutcome | Unclear {
  const { undoUnansweredAtMs } = order
  if (outcome.kind !== "refused" || undoUnansweredAtMs === undefined) return outcome
  const landed = ports.clock.nowMs() >= undoUnansweredAtMs + ports.settings.lateChargeMs
  return landed
    ? outcome
    : { kind: "unclear", why: `${outcome.channelCode}, but an earlier asking may be on its way` }
}

/** The order under a lease of our own, or how long to wait before trying again. */
async function takeTurn(ports: UndoPorts, order: Order, leg: Leg): Promise<Order | { waitMs: number }> {
  const nowMs = ports.clock.nowMs()
  if (order.lease && leaseHeld(order, nowMs)) return { waitMs: order.lease.untilMs - nowMs + 1 }
  const earlyMs = tooEarlyMs(ports, order, leg, nowMs)
  if (earlyMs > 0) return { waitMs: earlyMs }
  const mine = withLease(order, ports.random.id(nowMs), nowMs)
  // Somebody was faster: whoever it was, look again in a moment.
  return (await ports.orders.advance(order, mine)).written ? mine : { waitMs: 1_000 }
}

/** Channels want some time between a charge and its reversal; nothing is written to find that out. */
function tooEarlyMs({ channels }: UndoPorts, order: Order, leg: Leg, nowMs: number): number {
  const window = channels[leg.channel]?.capabilities.reverse
  if (order.state !== "REVERSING" || leg.state === "CHARGED" || !window) return 0
  return Math.max(0, order.createdAtMs + window.minWaitMs - nowMs)
}

async function writeOutcome(
  ports: UndoPorts,
  order: Order,
  leg: Leg,
  outcome: UndoOutcome,
  progress: UndoProgress,
): Promise<UndoStep> {
  const nowMs = ports.clock.nowMs()
  const ended = outcome.kind === "refused" && outcome.numberEnded
  const mine = ended ? { ...order, undoNo: (order.undoNo ?? 1) + 1 } : order
  const next = afterUndo(mine, leg.no, outcome, nowMs)
  if (!next) {
    return waitAndSee(ports, mine, progress, {
      kind: "unclear",
      why: outcome.kind === "refused" ? outcome.channelCode : "",
    })
  }
  // The lease is let go with the word that ends its purpose: further legs need not wait for it.
  const result = await ports.orders.advance(order, { ...next, lease: undefined })
  if (!result.written) return { ...progress, done: false, waitMs: 1_000 }
  if (outcome.kind !== "refused" && legsToUndo(next).length > 0)
    return { ...progress, done: false, waitMs: 0 }
  await tellDesk(ports, next, outcome.kind === "refused" ? outcome.channelCode : undefined)
  return { done: true }
}

/**
 * The end of an undoing, for the exceptions desk: an order that was refused goes on it, any other comes off, where it can be
 * on it at all. Done again it changes nothing.
 */
async function tellDesk(
  { exceptions, clock, settings }: UndoPorts,
  order: Order,
  channelCode = "refused",
): Promise<void> {
  const { tradeNo, merchantId } = order
  const nowMs = clock.nowMs()
  const happened = new Set(order.events.map((it) => it.event))
  const refused = order.state === "PAID" && happened.has("undoRefused")
  if (refused)
    await exceptions.note({ tradeNo, merchantId, kind: "undo refused", lastTried: channelCode }, nowMs)
  else if (happened.has("undoRefused")) await exceptions.resolve(tradeNo, "undo refused", nowMs)
  // What was stuck stood there from the beginning.
  const mayStandThere =
    nowMs - order.createdAtMs >= settings.visibleAfterMs || order.undoUnansweredAtMs !== undefined
  if (mayStandThere) await exceptions.resolve(tradeNo, "not final", nowMs)
  if (happened.has("surplusFound")) await exceptions.resolve(tradeNo, "surplus", nowMs)
}

/** A paid order is only uncertain since somebody wants it undone; an unknown one has been so all along. */
function uncertainSinceMs(order: Order): number {
  const begun = order.events.findLast((it) => it.event === "undoStarted" || it.event === "surplusFound")
  return begun?.atMs ?? order.createdAtMs
}

function kindOf(order: Order): ExceptionKind {
  return order.state === "FAILED" || order.state === "CLOSED" ? "surplus" : "not final"
}

async function waitAndSee(
  ports: UndoPorts,
  order: Order,
  progress: UndoProgress,
  outcome: Unclear,
): Promise<UndoStep> {
  const { clock, exceptions, settings } = ports
  const nowMs = clock.nowMs()
  const tries = (progress.tries ?? 0) + 1
  const planned = settings.retryPlanMs[Math.min(tries, settings.retryPlanMs.length) - 1] ?? 0
  if (outcome.atOnce || nowMs - uncertainSinceMs(order) >= settings.visibleAfterMs) {
    const { tradeNo, merchantId } = order
    // As of when this step took its turn: what another resolved since then must stay so.
    const seenAtMs = order.lease ? order.lease.untilMs - LEASE_MS : nowMs
    await exceptions.note({ tradeNo, merchantId, kind: kindOf(order), lastTried: outcome.why }, seenAtMs)
  }
  // Let the lease go: the wait may be shorter than it, and the next step takes its own.
  const undoUnansweredAtMs = outcome.onItsWay ? nowMs : order.undoUnansweredAtMs
  const next = { ...order, version: order.version + 1, lease: undefined, undoUnansweredAtMs }
  await ports.orders.advance(order, next)
  const { notFoundAtMs } = outcome
  return { tradeNo: progress.tradeNo, tries, notFoundAtMs, done: false, waitMs: outcome.waitMs ?? planned }
}

async function undoLeg(
  ports: UndoPorts,
  order: Order,
  leg: Leg,
  progress: UndoProgress,
  dueMonotonicMs: number,
): Promise<UndoOutcome | Unclear> {
  const found = ports.channels[leg.channel]
  const channel = found && withinTime(found, ports.clock, dueMonotonicMs)
  if (!channel) return { kind: "unclear", why: `channel ${leg.channel} is switched off` }
  const request: UndoRequest = {
    undoNo: order.undoNo ?? 1,
    account: accountOfLeg(order.merchantId, leg),
    channelOrderNo: channelOrderNoOf(order.tradeNo, leg.no),
    amountFen: leg.amountFen,
    intent: leg.intent,
    orderedAtMs: order.createdAtMs,
    notAfterMs: latestSendMs(order.lease, ports.settings.channelTimeoutMs),
    timeoutMs: ports.settings.channelTimeoutMs,
  }
  // Known to hold the money: it goes back under its own number, whatever may have been tried before.
  if (order.state !== "REVERSING" || leg.state === "CHARGED") return giveBack(channel, request)
  return reverse(ports, channel, request, order, progress)
}

async function reverse(
  ports: UndoPorts,
  channel: PayChannel,
  request: UndoRequest,
  order: Order,
  progress: UndoProgress,
): Promise<UndoOutcome | Unclear> {
  const ageMs = ports.clock.nowMs() - order.createdAtMs
  const window = channel.capabilities.reverse
  const reversed = window && ageMs <= window.windowMs ? await channel.reverse(request) : undefined
  if (reversed?.kind === "undone") return { kind: "void" }
  // Refused, not found or no answer that counts: a reversal may know less than a query does, so that is asked before
  // anything is believed.
  const found = await channel.query(request)
  switch (found.kind) {
    case "charged":
      return giveBack(channel, request)
    case "returned":
      return arrived(channel, request)
    case "closed":
      return { kind: "void" }
    case "declined":
    case "notFound":
      // While a reversal is unanswered it may still be at work there.
      if (reversed?.kind === "unknown" || reversed?.kind === "notSent") {
        return { kind: "unclear", why: reversed.cause }
      }
      return found.kind === "declined" ? { kind: "void" } : notFound(ports, order, progress)
    case "pending":
      return { kind: "unclear", why: `waiting for ${found.waitingFor}` }
    case "unknown":
    case "notSent":
      return { kind: "unclear", why: found.cause }
  }
}

/**
 * "No such order" is not a clear word: the charge may still be on its way. It counts only after the lease and a further
 * while, and only when it is heard twice.
 */
function notFound(ports: UndoPorts, order: Order, progress: UndoProgress): UndoOutcome | Unclear {
  const { clock, settings } = ports
  const nowMs = clock.nowMs()
  const landedMs = order.createdAtMs + LEASE_MS + settings.lateChargeMs
  if (nowMs < landedMs) return { kind: "unclear", why: "not found yet", waitMs: landedMs - nowMs }
  if (progress.notFoundAtMs !== undefined && progress.notFoundAtMs < nowMs) return { kind: "void" }
  return { kind: "unclear", why: "not found", notFoundAtMs: nowMs }
}

/**
 * "Returned" may also be said of a refund of ours that is still under way, or that ended without moving anything: then only
 * that refund's own word counts.
 */
async function arrived(channel: PayChannel, request: UndoRequest): Promise<UndoOutcome | Unclear> {
  if (!channel.capabilities.refund) return { kind: "returned" }
  const refund = await channel.queryRefund(refundOf(request))
  if (refund.kind === "notFound" && request.undoNo > 1) return askBack(channel, request)
  if (refund.kind === "returned" || refund.kind === "notFound") return { kind: "returned" }
  if (refund.kind === "stuck") return stuck(refund.channelCode)
  if (refund.kind === "refused") return refund
  return { kind: "unclear", why: `refund ${refund.kind}`, onItsWay: true }
}

/** The money is with neither side: it arrives when a person has settled it at the channel, so that is asked for on and on. */
function stuck(channelCode: string): Unclear {
  return {
    kind: "unclear",
    why: `${channelCode}: to be settled at the channel`,
    onItsWay: true,
    atOnce: true,
  }
}

type UndoRequest = ReverseRequest & { undoNo: number }

function refundOf({ undoNo, ...request }: UndoRequest): ReturnRequest {
  const channelRefundNo = undoRefundNoOf(request.channelOrderNo, undoNo)
  return { ...request, totalFen: request.amountFen, channelRefundNo }
}

/** Refunds the whole amount under the computed number; asked again under the same number it moves nothing twice. */
async function giveBack(channel: PayChannel, request: UndoRequest): Promise<UndoOutcome | Unclear> {
  if (!channel.capabilities.refund) return { kind: "unclear", why: `${channel.id} takes nothing back` }
  const outcome = await askBack(channel, request)
  return outcome.kind === "refused" ? alreadyBack(channel, request, outcome) : outcome
}

async function askBack(channel: PayChannel, request: UndoRequest): Promise<UndoOutcome | Unclear> {
  const refund = refundOf(request)
  const asked = await channel.refund(refund)
  const outcome = asked.kind === "processing" ? await channel.queryRefund(refund) : asked
  switch (outcome.kind) {
    case "returned":
      return { kind: "returned" }
    case "refused":
      return outcome
    case "stuck":
      return stuck(outcome.channelCode)
    case "processing":
      return { kind: "unclear", why: "refund in progress", onItsWay: true }
    case "notFound":
      return { kind: "unclear", why: "refund not found", onItsWay: true }
    case "unknown":
      return { kind: "unclear", why: outcome.cause, onItsWay: true }
    case "notSent":
      return { kind: "unclear", why: outcome.cause, onItsWay: asked.kind !== "notSent" }
  }
}

/** A refusal may mean that the money went back another way, by a reversal whose answer was lost say. */
async function alreadyBack(
  channel: PayChannel,
  request: UndoRequest,
  refusal: Refusal,
): Promise<UndoOutcome | Unclear> {
  const found = await channel.query(request)
  if (found.kind === "returned") return arrived(channel, request)
  if (found.kind === "closed") return { kind: "returned" }
  if (found.kind === "charged") return refusedFor(channel, request, refusal)
  return { kind: "unclear", why: refusal.channelCode }
}

type Refusal = Extract<UndoOutcome, { kind: "refused" }>

/** The refund's own state counts more than the refusal of asking for it once more. */
async function refusedFor(
  channel: PayChannel,
  request: UndoRequest,
  refusal: Refusal,
): Promise<UndoOutcome | Unclear> {
  const refund = await channel.queryRefund(refundOf(request))
  if (refund.kind === "returned") return { kind: "returned" }
  if (refund.kind === "stuck") return stuck(refund.channelCode)
  if (refund.kind === "refused") return refund
  if (refund.kind === "notFound") return refusal
  return { kind: "unclear", why: `refund ${refund.kind}`, onItsWay: refund.kind === "processing" }
}

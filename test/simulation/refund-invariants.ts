/** What must hold of refunds when everything has come to rest, checked against what the channels' books say. */

import type { Order } from "../../domain/order.ts"
import { channelOrderNoOf } from "../../domain/order-number.ts"
import type { Refund } from "../../domain/refund.ts"
import { isRefundFinal, refundTransitionOf } from "../../domain/refund-states.ts"
import { type Reservation, reservationOf } from "../../domain/reservation.ts"
import type { BookLine } from "./channel-books.ts"
import { onDesk } from "./memory-exceptions.ts"
import { linesOf, returnedFen } from "./refund-money.ts"
import type { World } from "./world.ts"

/** @param isSilent whether the channel of an order answers nobody any more */
export function refundsAtRest(world: World, isSilent: (order: Order) => boolean): string[] {
  const orders = [...world.tables.orders.values()]
  const refunds = [...world.tables.refunds.values()]
  return [
    ...orders.flatMap((order) => heldRightly(world, order)),
    ...refunds.flatMap((refund) => moneyOf(world, refund)),
    ...refunds.flatMap((refund) => forgotten(world, refund, isSilent)),
    ...refunds.flatMap((refund) => writesOf(world, refund)),
    ...deskIsRight(world),
  ]
}

/** What the refunds of an order have given back so far, by the channel's books. */
export function refundedFen(world: World, order: Order): number {
  return returnedFen(
    order.reservations.flatMap(({ refundId }) => {
      const refund = world.tables.refunds.get(refundId)
      return refund ? linesOf(world, refund) : []
    }),
  )
}

/** HELD is what succeeded or may yet, of that generation; RELEASED is what failed. */
function heldRightly(world: World, { reservations, outRequestNo, tradeNo, legs }: Order): string[] {
  const [leg] = legs
  const channelOrderNo = leg && channelOrderNoOf(tradeNo, leg.no)
  const lines = world.lines().filter((it) => it.channelOrderNo === channelOrderNo)
  const chargedFen = returnedFen(lines.filter((it) => it.amountFen > 0).map(negative))
  const gaveBackFen = returnedFen(lines.filter((it) => it.amountFen < 0))
  const tooMuch = gaveBackFen > chargedFen ? [`I4: ${outRequestNo} gave back more than it took`] : []
  return [
    ...tooMuch,
    ...reservations.flatMap((entry) => {
      const refund = world.tables.refunds.get(entry.refundId)
      if (refund && entry.amountFen === refund.amountFen && fits(entry, refund)) return []
      const { state, generation } = entry
      const name = world.refundNameOf(entry.refundId)
      return [
        `I4: ${outRequestNo} has ${name} ${state}, generation ${generation}; it is ${refund?.state}, generation ${refund?.generation}`,
      ]
    }),
  ]
}

const negative = (line: BookLine): BookLine => ({ ...line, amountFen: -line.amountFen })

function fits({ state, generation }: Reservation, refund: Refund): boolean {
  // A generation that failed before anything was held for it has left the entry of the one before.
  if (refund.state === "FAILED") return state === "RELEASED" && generation <= refund.generation
  return refund.state !== "RETRACTED" && state === "HELD" && generation === refund.generation
}

function moneyOf(world: World, refund: Refund): string[] {
  const name = world.refundNameOf(refund.refundId)
  const lines = linesOf(world, refund)
  if (refund.state === "SUCCEEDED" && returnedFen(lines) !== refund.amountFen)
    return [`I4: ${name} is SUCCEEDED with ${refund.amountFen} fen, the books say ${returnedFen(lines)}`]
  if ((refund.state === "FAILED" || refund.state === "RETRACTED") && lines.length > 0)
    return [`I4: ${name} is ${refund.state} and moved money`]
  const order = world.tables.orders.get(refund.tradeNo)
  const held = order && reservationOf(order, refund.refundId)
  if (refund.state === "SUCCEEDED" && held?.state !== "HELD")
    return [`I4: ${name} is SUCCEEDED and is not held on its order`]
  return []
}

/** I5: every refund is final, and what failed stands on the desk; or its channel is silent for ever, and it stands there too. */
function forgotten(world: World, refund: Refund, isSilent: (order: Order) => boolean): string[] {
  const { state, refundId, tradeNo } = refund
  if (state === "SUCCEEDED" || state === "RETRACTED") return []
  const name = world.refundNameOf(refundId)
  const kind = state === "FAILED" ? "refund refused" : "refund not final"
  const visible = onDesk(world.tables.exceptions).some((it) => it.refundId === refundId && it.kind === kind)
  if (!visible) return [`I5: ${name} rests as ${state} and stands on no desk`]
  const order = world.tables.orders.get(tradeNo)
  if (state === "FAILED" || (order && isSilent(order))) return []
  return [`I5: ${name} rests as ${state}, though its channel answers`]
}

/** I12: each write is one legal event further, or none and the same state; the version counts the writes. */
function writesOf(world: World, refund: Refund): string[] {
  const name = world.refundNameOf(refund.refundId)
  const writes = (world.refundJournal.get(refund.refundId) ?? []).map((it) => it.refund)
  const wrong: string[] = []
  if (refund.version !== writes.length)
    wrong.push(`I12: ${name} is at version ${refund.version} after ${writes.length} writes`)
  let before: Refund | undefined
  for (const after of writes) {
    const news = after.events.slice(before?.events.length ?? 0)
    const [event] = news
    const known = before?.events.every((it, index) => it.event === after.events[index]?.event) ?? true
    if (!known || news.length > 1) wrong.push(`I12: ${name} lost an event or has one too many`)
    const from = before?.state ?? "NONE"
    const to = event ? refundTransitionOf(from, event.event)?.to : before?.state
    if (to !== after.state)
      wrong.push(`I12: ${name} went from ${from} to ${after.state} by ${event?.event ?? "no event"}`)
    const generation = event?.event === "sentAgain" ? (before?.generation ?? 0) + 1 : before?.generation
    if (before && event?.event !== "claimed" && after.generation !== generation)
      wrong.push(`I12: ${name} went from generation ${before.generation} to ${after.generation}`)
    const nextNo = event?.event === "refused" ? (before?.channelNo ?? 0) + 1 : before?.channelNo
    if (before && after.channelNo !== before.channelNo && after.channelNo !== nextNo)
      wrong.push(`I12: ${name} went from its number ${before.channelNo} to ${after.channelNo}`)
    before = after
  }
  return wrong
}

/** Nobody is bothered with what has settled itself. */
function deskIsRight(world: World): string[] {
  return onDesk(world.tables.exceptions).flatMap(({ refundId, kind, lastTried }) => {
    const refund = refundId === undefined ? undefined : world.tables.refunds.get(refundId)
    if (!refund) return []
    const open = kind === "refund refused" ? refund.state !== "SUCCEEDED" : !isRefundFinal(refund.state)
    const name = world.refundNameOf(refund.refundId)
    return open ? [] : [`desk: ${name} is ${refund.state} and still stands there as "${kind}" (${lastTried})`]
  })
}

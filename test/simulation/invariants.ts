/** What must hold when everything has come to rest (design §3), checked against what the channels' books say. */
import type { Order } from "../../domain/order.ts"
import { channelOrderNoOf } from "../../domain/order-number.ts"
import { isFinal, transitionOf } from "../../domain/order-states.ts"
import { legsToUndo } from "../../domain/undo-outcome.ts"
import { answersAgree } from "./answers-agree.ts"
import type { BookLine, Entry } from "./channel-books.ts"
import { onDesk } from "./memory-exceptions.ts"
import { refundAnswersAgree } from "./refund-answers-agree.ts"
import { refundedFen, refundsAtRest } from "./refund-invariants.ts"
import type { World } from "./world.ts"

/** Each violation begins with the invariant and names the order. */
export function checkAtRest(world: World): string[] {
  const orders = [...world.tables.orders.values()]
  const linesOf = new Map<string, BookLine[]>()
  for (const line of world.lines()) {
    linesOf.set(line.channelOrderNo, [...(linesOf.get(line.channelOrderNo) ?? []), line])
  }
  return [
    ...world.violations,
    ...strayMoney(orders, linesOf),
    ...orders.flatMap((order) =>
      moneyOf(world, order, linesOf.get(channelOrderNoOf(order.tradeNo, 1)) ?? []),
    ),
    ...codesUsedTwice(orders, linesOf),
    ...orders.flatMap((order) => writesOf(world, order)),
    ...orders.flatMap((order) => forgotten(world, order)),
    ...deskIsRight(world),
    ...recordsOf(world, orders),
    ...answersAgree(world),
    ...refundsAtRest(world, (order) => isSilent(world, order)),
    ...refundAnswersAgree(world),
  ]
}

function strayMoney(orders: readonly Order[], linesOf: ReadonlyMap<string, BookLine[]>): string[] {
  const known = new Set(orders.map((order) => channelOrderNoOf(order.tradeNo, 1)))
  return [...linesOf.keys()]
    .filter((no) => !known.has(no))
    .map((no) => `I1: a channel moved money for ${no}, which is no order`)
}

function moneyOf(world: World, order: Order, lines: readonly BookLine[]): string[] {
  const name = order.outRequestNo
  const charges = lines.filter((line) => line.amountFen > 0)
  const heldFen = lines.reduce((sum, line) => sum + line.amountFen, 0)
  const wrong: string[] = []
  if (charges.length > 1) wrong.push(`I1: ${name} was charged ${charges.length} times`)
  if (heldFen < 0 || heldFen > order.totalFen)
    wrong.push(`I1: the channel holds ${heldFen} fen for ${name}, which asked for ${order.totalFen}`)
  const leftFen = order.totalFen - refundedFen(world, order)
  if (order.state === "PAID" && (heldFen !== leftFen || order.legs[0]?.state !== "CHARGED")) {
    wrong.push(`I1: ${name} is PAID with ${leftFen} fen and its channel holds ${heldFen}`)
  }
  const ended = order.state === "FAILED" || order.state === "CLOSED" || order.state === "RETRACTED"
  const known = legsToUndo(order).length > 0 || entryOf(world, order)?.quirks.breaksItsWord === true
  if (ended && heldFen > 0 && !(known && isBeyondHelp(world, order))) {
    wrong.push(`I3: ${name} is ${order.state} and its channel holds ${heldFen} fen`)
  }
  return wrong
}

function entryOf({ channels }: World, order: Order): Entry | undefined {
  const no = channelOrderNoOf(order.tradeNo, 1)
  return channels.wechat.entries.get(no) ?? channels.alipay.entries.get(no)
}

/** Nothing that the platform does brings this order on: its channel is silent for ever, or gives nothing back. */
function isBeyondHelp(world: World, order: Order): boolean {
  return isSilent(world, order) || entryOf(world, order)?.quirks.keepsTheMoney === true
}

function isSilent({ channels }: World, { legs: [leg] }: Order): boolean {
  const channel = [channels.wechat, channels.alipay].find((it) => it.id === leg?.channel)
  return channel?.silentFromMs !== undefined
}

function codesUsedTwice(orders: readonly Order[], linesOf: ReadonlyMap<string, BookLine[]>): string[] {
  const paidWith = new Map<string, string[]>()
  for (const { payId, tradeNo, outRequestNo, merchantId } of orders) {
    if (payId === undefined || !linesOf.has(channelOrderNoOf(tradeNo, 1))) continue
    paidWith.set(payId, [...(paidWith.get(payId) ?? []), `${merchantId} ${outRequestNo}`])
  }
  return [...paidWith.values()]
    .filter((names) => names.length > 1)
    .map((names) => `I2: one code paid for ${names.join(" and ")}`)
}

/** I12: each write is one legal event further, or none and the same state; the version counts the writes. */
function writesOf(world: World, order: Order): string[] {
  const name = order.outRequestNo
  const writes = world.journal.get(order.tradeNo) ?? []
  const wrong: string[] = []
  if (order.version !== writes.length) {
    wrong.push(`I12: ${name} is at version ${order.version} after ${writes.length} writes`)
  }
  let before: Order | undefined
  for (const after of writes) {
    const news = after.events.slice(before?.events.length ?? 0)
    const [event] = news
    const known = before?.events.every((it, index) => it.event === after.events[index]?.event) ?? true
    if (!known || news.length > 1) wrong.push(`I12: ${name} lost an event or has one too many`)
    const from = before?.state ?? "NONE"
    const to = event ? transitionOf(from, event.event)?.to : before?.state
    if (to !== after.state) {
      wrong.push(`I12: ${name} went from ${from} to ${after.state} by ${event?.event ?? "no event"}`)
    }
    if (event?.event === "undoStarted" && !world.reversalsAsked.has(order.tradeNo)) {
      wrong.push(`I6: ${name} was paid and is undone, and nobody asked for it`)
    }
    before = after
  }
  return wrong
}

/** I5: every order is final and its surplus is back, or it is beyond help and stands on the desk. */
function forgotten(world: World, order: Order): string[] {
  const rests = order.state === "RETRACTED" || (isFinal(order.state) && legsToUndo(order).length === 0)
  if (rests) return []
  const kind = isFinal(order.state) ? "surplus" : "not final"
  const visible = onDesk(world.tables.exceptions).some(
    (it) => it.tradeNo === order.tradeNo && it.kind === kind,
  )
  if (!visible) return [`I5: ${order.outRequestNo} rests as ${order.state} and stands on no desk`]
  if (order.state !== "PAYING" && isBeyondHelp(world, order)) return []
  return [`I5: ${order.outRequestNo} rests as ${order.state}, though its channel answers`]
}

/** Nobody is bothered with what has settled itself. */
function deskIsRight(world: World): string[] {
  return onDesk(world.tables.exceptions).flatMap(({ tradeNo, refundId, kind, lastTried }) => {
    const order = world.tables.orders.get(tradeNo)
    if (!order || refundId !== undefined || kind === "undo refused") return []
    const open = kind === "surplus" ? legsToUndo(order).length > 0 : !isFinal(order.state)
    return open
      ? []
      : [`desk: ${order.outRequestNo} is ${order.state} and still stands there as "${kind}" (${lastTried})`]
  })
}

/** The customer's line says what the last change says that belongs there. */
function recordsOf({ tables, journal }: World, orders: readonly Order[]): string[] {
  return orders.flatMap(({ tradeNo, uid, outRequestNo }) => {
    if (uid === undefined) return []
    const writes = journal.get(tradeNo) ?? []
    const last = writes.findLast((after, index) => {
      const before = writes[index - 1]
      const event = after.events.length > (before?.events.length ?? 0) ? after.events.at(-1) : undefined
      return event && transitionOf(before?.state ?? "NONE", event.event)?.emits.includes("record")
    })
    const line = [...(tables.records.get(uid)?.values() ?? [])].find((it) => it.tradeNo === tradeNo)
    if (line?.state === last?.state) return []
    return [`A6: the customer's line of ${outRequestNo} says ${line?.state}, the order ${last?.state}`]
  })
}

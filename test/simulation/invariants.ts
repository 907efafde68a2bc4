/** What must hold when everything has come to rest (design §3), checked against what the channels' books say. */
import { fingerprintOf, type Order } from "../../domain/order.ts"
import { channelOrderNoOf, tradeNoOf } from "../../domain/order-number.ts"
import { transitionOf } from "../../domain/order-states.ts"
import type { BookLine } from "./simulated-channel.ts"
import type { Answer, World } from "./world.ts"

/** Each violation begins with the invariant and names the order. */
export function checkAtRest(world: World): string[] {
  const orders = [...world.tables.orders.values()]
  const linesOf = new Map<string, BookLine[]>()
  for (const line of world.books()) {
    linesOf.set(line.channelOrderNo, [...(linesOf.get(line.channelOrderNo) ?? []), line])
  }
  return [
    ...world.violations,
    ...strayMoney(orders, linesOf),
    ...orders.flatMap((order) => moneyOf(order, linesOf.get(channelOrderNoOf(order.tradeNo, 1)) ?? [])),
    ...codesUsedTwice(orders, linesOf),
    ...orders.flatMap((order) => writesOf(order, world.journal.get(order.tradeNo) ?? [])),
    ...orders.flatMap((order) => forgotten(world, order)),
    ...world.answers.flatMap((answer) => answerHolds(world, answer)),
    ...contradictions(world),
  ]
}

function strayMoney(orders: readonly Order[], linesOf: ReadonlyMap<string, BookLine[]>): string[] {
  const known = new Set(orders.map((order) => channelOrderNoOf(order.tradeNo, 1)))
  return [...linesOf.keys()]
    .filter((no) => !known.has(no))
    .map((no) => `I1: a channel holds money for ${no}, which is no order`)
}

function moneyOf(order: Order, lines: readonly BookLine[]): string[] {
  const name = order.outRequestNo
  const chargedFen = lines.reduce((sum, line) => sum + line.amountFen, 0)
  const wrong: string[] = []
  if (lines.length > 1) wrong.push(`I1: ${name} was charged ${lines.length} times`)
  if (chargedFen > order.totalFen)
    wrong.push(`I1: ${name} asked for ${order.totalFen} fen, ${chargedFen} were taken`)
  const writtenDown = order.events.some((it) => it.event === "surplusFound")
  const ended = order.state === "FAILED" || order.state === "CLOSED" || order.state === "RETRACTED"
  if (ended && chargedFen > 0 && !writtenDown) {
    wrong.push(`I3: ${name} is ${order.state} and its channel holds ${chargedFen} fen`)
  }
  if (order.state === "PAID" && (chargedFen !== order.totalFen || order.legs[0]?.state !== "CHARGED")) {
    wrong.push(`${name} is PAID with ${order.totalFen} fen and its channel took ${chargedFen}`)
  }
  return wrong
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

/** I12: each write is one legal event further, and the version counts the writes. */
function writesOf(order: Order, writes: readonly Order[]): string[] {
  const name = order.outRequestNo
  const wrong: string[] = []
  if (order.version !== writes.length) {
    wrong.push(`I12: ${name} is at version ${order.version} after ${writes.length} writes`)
  }
  let before: Order | undefined
  for (const after of writes) {
    const event = after.events.at(-1)
    const transition = event && transitionOf(before?.state ?? "NONE", event.event)
    if (transition?.to !== after.state) {
      wrong.push(`I12: ${name} went from ${before?.state ?? "nothing"} to ${after.state} by ${event?.event}`)
    }
    if (after.events.length !== after.version) wrong.push(`I12: ${name} lost an event or has one too many`)
    before = after
  }
  return wrong
}

/** Whether an order may rest as PAYING: its owner died or a store failed it, or its plan of questions came to an end. */
export function mayRestPaying(world: World, order: Order): boolean {
  const owner = order.lease && world.holders.get(order.lease.holder)
  return owner?.dead === true || owner?.failed === true || world.plansUsedUp.has(order.tradeNo)
}

function forgotten(world: World, order: Order): string[] {
  if (order.state !== "PAYING" || mayRestPaying(world, order)) return []
  return [`I5: ${order.outRequestNo} rests as PAYING, though its owner lived and its plan was never used up`]
}

/** I6: a till is told what stands or stood in the store, of its own order and content. */
function answerHolds(world: World, { request, result }: Answer): string[] {
  const name = request.outRequestNo
  const writes = world.journal.get(tradeNoOf(request.merchantId, request.outRequestNo)) ?? []
  const mine = fingerprintOf(world.codeKey, request)
  if (!result.ok) {
    if (result.refusal.code !== "ORDER_NO_REUSED" || writes.some((it) => it.fingerprint !== mine)) return []
    return [`I6: ${name} was refused as used with other content, which it never was`]
  }
  const { order } = result
  const written = writes.find((it) => it.version === order.version)
  if (order.fingerprint !== mine) return [`I6: ${name} was answered with another content's order`]
  if (order.state === "RETRACTED") return [`I6: ${name} was answered with an order that was given up`]
  if (!written || fingerprintAndState(written) !== fingerprintAndState(order)) {
    return [`I6: ${name} was told ${order.state} at version ${order.version}, which was never written`]
  }
  return []
}

function fingerprintAndState({ fingerprint, state, finalAtMs, totalFen, failure }: Order): string {
  return JSON.stringify([fingerprint, state, finalAtMs, totalFen, failure?.code])
}

/** A paying order that somebody was told of and that its owner then gave up before any channel was asked. */
export function wasWithdrawn(world: World, { request, result }: Answer): boolean {
  if (!result.ok) return false
  const writes = world.journal.get(tradeNoOf(request.merchantId, request.outRequestNo)) ?? []
  return writes.some((it) => it.version === result.order.version + 1 && it.state === "RETRACTED")
}

/** I6: what is told later about a number is the same content, the same state or a later one. */
function contradictions(world: World): string[] {
  const wrong: string[] = []
  const byNumber = new Map<string, Answer[]>()
  for (const answer of world.answers) {
    if (!answer.result.ok || wasWithdrawn(world, answer)) continue
    const tradeNo = tradeNoOf(answer.request.merchantId, answer.request.outRequestNo)
    byNumber.set(tradeNo, [...(byNumber.get(tradeNo) ?? []), answer])
  }
  for (const [tradeNo, answers] of byNumber) {
    const told = answers.flatMap(({ result, askedAtMs, toldAtMs }) =>
      result.ok ? [{ order: result.order, askedAtMs, toldAtMs }] : [],
    )
    const stands = world.tables.orders.get(tradeNo)
    for (const { order, toldAtMs } of told) {
      const name = order.outRequestNo
      const later = told.filter((it) => it.askedAtMs >= toldAtMs).map((it) => it.order)
      for (const next of [...later, ...(stands ? [stands] : [])]) {
        if (next.fingerprint !== order.fingerprint) wrong.push(`I6: ${name} was two contents`)
        if (next.version < order.version) wrong.push(`I6: ${name} went back to version ${next.version}`)
        if (order.state !== "PAYING" && fingerprintAndState(next) !== fingerprintAndState(order)) {
          wrong.push(`I6: ${name} was told ${order.state} and then ${next.state}`)
        }
      }
    }
  }
  return wrong
}

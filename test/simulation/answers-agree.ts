/** I6: a till is told what stands or stood in the store, of its own order and content, and never the contrary later. */
import { closedUnseen, type Order } from "../../domain/order.ts"
import { tradeNoOf } from "../../domain/order-number.ts"
import { PUBLIC_STATUS, type PublicPayStatus } from "../../domain/order-states.ts"
import type { Answer, World } from "./world.ts"

export function answersAgree(world: World): string[] {
  return [...world.answers.flatMap((answer) => answerHolds(world, answer)), ...contradictions(world)]
}

function answerHolds({ journal }: World, { merchantId, outRequestNo: name, ...told }: Answer): string[] {
  const { order, fingerprint, refusal } = told
  const writes = journal.get(order?.tradeNo ?? tradeNoOf(merchantId, name)) ?? []
  if (!order) {
    if (refusal !== "ORDER_NO_REUSED" || writes.some((it) => it.fingerprint !== fingerprint)) return []
    return [`I6: ${name} was refused as used with other content, which it never was`]
  }
  const wrong: string[] = []
  if (order.merchantId !== merchantId) wrong.push(`I10: ${merchantId} was told about another's ${name}`)
  if (fingerprint !== undefined && order.fingerprint !== fingerprint && !closedUnseen(order))
    wrong.push(`I6: ${name} was answered with another content's order`)
  if (order.state === "RETRACTED") wrong.push(`I6: ${name} was answered with an order that was given up`)
  const written = writes.find((it) => it.version === order.version)
  if (!written || written.state !== order.state || written.fingerprint !== order.fingerprint)
    wrong.push(`I6: ${name} was told ${order.state} at version ${order.version}, which was never written`)
  return wrong
}

/** A paying order that somebody was told of and that its owner then gave up before any channel was asked. */
export function wasWithdrawn({ journal }: World, { order }: Answer): boolean {
  if (!order) return false
  const writes = journal.get(order.tradeNo) ?? []
  return writes.some((it) => it.version > order.version && it.state === "RETRACTED")
}

type Told = { order: Order; askedAtMs: number; toldAtMs: number }

/** What is told later about a number is the same content, the same status or one that may follow. */
function contradictions(world: World): string[] {
  const byOrder = new Map<string, Told[]>()
  for (const answer of world.answers) {
    const { order, askedAtMs, toldAtMs } = answer
    if (!order || wasWithdrawn(world, answer)) continue
    byOrder.set(order.tradeNo, [...(byOrder.get(order.tradeNo) ?? []), { order, askedAtMs, toldAtMs }])
  }
  return [...byOrder.values()].flatMap((told) =>
    told.flatMap((first) =>
      told
        .filter((it) => it.askedAtMs >= first.toldAtMs)
        .flatMap((later) => disagreement(world, first.order, later.order)),
    ),
  )
}

function disagreement({ reversalsAsked }: World, first: Order, later: Order): string[] {
  const name = first.outRequestNo
  if (later.version < first.version) return [`I6: ${name} went back to version ${later.version}`]
  if (first.fingerprint !== later.fingerprint) return [`I6: ${name} was two contents`]
  const [was, is] = [statusOf(first), statusOf(later)]
  const undone = was === "PS_SUCCESS" && is === "PS_CLOSED" && reversalsAsked.has(first.tradeNo)
  if (was !== "PS_PAYING" && was !== is && !undone) return [`I6: ${name} was told ${was} and then ${is}`]
  if (first.failure?.code !== later.failure?.code && was !== "PS_PAYING")
    return [`I6: ${name} was told ${first.failure?.code} and then ${later.failure?.code}`]
  return []
}

function statusOf({ state }: Order): PublicPayStatus | undefined {
  return state === "RETRACTED" ? undefined : PUBLIC_STATUS[state].orderquery
}

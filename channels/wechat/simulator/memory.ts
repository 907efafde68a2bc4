import type { Fen } from "../../../domain/money.ts"
import { wantsNotice } from "./notice-plan.ts"
import type { Contract, Order, Refund } from "./order.ts"

/** What the channel remembers, in the order in which it happened. Outcomes that time decides are kept as times. */
export type Fact =
  | { what: "order"; order: NewOrder; codeHash?: string }
  | { what: "chargeDue"; transactionId: string; moneyAtMs: number }
  | { what: "undoIgnored"; key: string }
  | { what: "reversed"; transactionId: string; atMs: number; backFen: Fen }
  | { what: "refunded"; refund: Refund }
  | { what: "notified"; transactionId: string; atMs: number; received: boolean }
  | { what: "contract"; contractId: string; mchid: string; openid: string }
  | { what: "contractEnded"; contractId: string }

export type NewOrder = Omit<Order, "refunds" | "reversedFen" | "notices">

/** An order to which nothing has happened yet. */
export function freshOrder(order: NewOrder): Order {
  return { ...order, refunds: [], reversedFen: 0, notices: { tries: 0, received: 0, lastAtMs: 0 } }
}

/** The facts, indexed. */
export type Memory = {
  byNumber: Map<string, Order>
  byTransaction: Map<string, Order>
  refunds: Map<string, Refund>
  contracts: Map<string, Contract>
  usedCodes: Set<string>
  ignoredUndos: Set<string>
  /** Orders whose merchant is still to be told of the payment, if it comes about. */
  untold: Set<Order>
}

export function emptyMemory(): Memory {
  return {
    byNumber: new Map(),
    byTransaction: new Map(),
    refunds: new Map(),
    contracts: new Map(),
    usedCodes: new Set(),
    ignoredUndos: new Set(),
    untold: new Set(),
  }
}

/** An order number is unique within its merchant only (https://pay.weixin.qq.com/doc/v3/merchant/4012382150). */
export function numberKey(mchid: string, number: string): string {
  return `${mchid}/${number}`
}

export function remember(memory: Memory, fact: Fact): void {
  switch (fact.what) {
    case "order": {
      const order = freshOrder(fact.order)
      memory.byNumber.set(numberKey(order.mchid, order.outTradeNo), order)
      memory.byTransaction.set(order.transactionId, order)
      if (fact.codeHash !== undefined) memory.usedCodes.add(fact.codeHash)
      if (wantsNotice(order)) memory.untold.add(order)
      return
    }
    case "chargeDue":
      orderOf(memory, fact.transactionId).moneyAtMs = fact.moneyAtMs
      return
    case "undoIgnored":
      memory.ignoredUndos.add(fact.key)
      return
    case "reversed":
      rememberReversal(orderOf(memory, fact.transactionId), fact.atMs, fact.backFen)
      return
    case "refunded":
      orderOf(memory, fact.refund.transactionId).refunds.push(fact.refund)
      memory.refunds.set(numberKey(fact.refund.mchid, fact.refund.outRefundNo), fact.refund)
      return
    case "notified": {
      const order = orderOf(memory, fact.transactionId)
      const { tries, received } = order.notices
      order.notices = fact.received
        ? { tries: 0, received: received + 1, lastAtMs: fact.atMs }
        : { tries: tries + 1, received, lastAtMs: fact.atMs }
      if (!wantsNotice(order)) memory.untold.delete(order)
      return
    }
    case "contract": {
      const { contractId, mchid, openid } = fact
      memory.contracts.set(contractId, { contractId, mchid, openid, ended: false })
      return
    }
    case "contractEnded": {
      const contract = memory.contracts.get(fact.contractId)
      if (contract) contract.ended = true
    }
  }
}

function orderOf(memory: Memory, transactionId: string): Order {
  const order = memory.byTransaction.get(transactionId)
  if (!order) throw new Error(`the books name transaction ${transactionId} before its order`)
  return order
}

function rememberReversal(order: Order, atMs: number, backFen: Fen): void {
  order.reversedAtMs ??= atMs
  order.reversedFen += backFen
  if (order.moneyAtMs !== undefined && order.moneyAtMs > atMs) delete order.moneyAtMs
}

import type { Fen } from "../../../domain/money.ts"
import { type BookKeeper, openBooks } from "../../books.ts"
import {
  emptyMemory,
  type Fact,
  freshOrder,
  type Memory,
  type NewOrder,
  numberKey,
  remember,
} from "./memory.ts"
import { type Contract, isPaid, leftFen, type Order, type Refund } from "./order.ts"

export type Orders = ReturnType<typeof openOrders>

/** The channel's orders, refunds, contracts and used codes, kept in one append-only file and indexed in memory. */
export function openOrders(file: string) {
  const memory = emptyMemory()
  const books: BookKeeper<Fact> = openBooks(file, (fact) => remember(memory, fact))
  return { ...lookUps(memory), ...entries(memory, books), books: books.books, close: books.close }
}

function lookUps(memory: Memory) {
  return {
    find: (mchid: string, outTradeNo: string) => memory.byNumber.get(numberKey(mchid, outTradeNo)),
    findByTransaction: (mchid: string, transactionId: string) => {
      const order = memory.byTransaction.get(transactionId)
      return order?.mchid === mchid ? order : undefined
    },
    findRefund: (mchid: string, outRefundNo: string) => memory.refunds.get(numberKey(mchid, outRefundNo)),
    contract: (contractId: string) => memory.contracts.get(contractId),
    codeIsUsed: (codeHash: string) => memory.usedCodes.has(codeHash),
    untold: (): Iterable<Order> => memory.untold,
    undoWasIgnored: (key: string) => memory.ignoredUndos.has(key),
    /** 28 digits that begin with 4200, like WeChat's own; counted, so a restart never gives one twice. */
    nextTransactionId: () => `4200${String(memory.byTransaction.size + 1).padStart(24, "0")}`,
    nextRefundId: () => `5030${String(memory.refunds.size + 1).padStart(25, "0")}`,
  }
}

/** Each is on disk when it returns. */
function entries(memory: Memory, books: BookKeeper<Fact>) {
  return {
    create(order: NewOrder, codeHash?: string): Order {
      const fact: Fact = { what: "order", order, codeHash }
      books.write(order.moneyAtMs === undefined ? { fact } : { fact, money: charge(order, order.moneyAtMs) })
      return freshOrder(order)
    },
    /** Money that was on its way all the time is taken at `moneyAtMs`. */
    letChargeArrive(order: Order, moneyAtMs: number): void {
      const fact: Fact = { what: "chargeDue", transactionId: order.transactionId, moneyAtMs }
      books.write({ fact, money: charge(order, moneyAtMs) })
    },
    ignoreUndo(key: string): void {
      books.write({ fact: { what: "undoIgnored", key } })
    },
    /** Closes for good what is not paid; gives back whatever is left of what is. */
    reverse(order: Order, nowMs: number): void {
      const backFen = isPaid(order, nowMs) ? leftFen(order) : 0
      const { transactionId, outTradeNo } = order
      const fact: Fact = { what: "reversed", transactionId, atMs: nowMs, backFen }
      if (backFen > 0) {
        books.write({ fact, money: moneyBack(order, `R${transactionId}`, backFen, nowMs) })
      } else if (order.moneyAtMs !== undefined && order.moneyAtMs > nowMs) {
        books.write({ fact, money: { kind: "calledOff", orderNo: outTradeNo, tradeNo: transactionId } })
      } else {
        books.write({ fact })
      }
    },
    refund(order: Order, refund: Refund): void {
      const money = moneyBack(order, refund.refundId, refund.amountFen, refund.atMs)
      books.write({ fact: { what: "refunded", refund }, money })
    },
    notified({ transactionId }: Order, received: boolean, nowMs: number): void {
      books.write({ fact: { what: "notified", transactionId, atMs: nowMs, received } })
    },
    /** The same contract again is not a second one; an ended one begins anew. */
    addContract({ contractId, mchid, openid }: Omit<Contract, "ended">): void {
      const known = memory.contracts.get(contractId)
      if (known?.mchid === mchid && known.openid === openid && !known.ended) return
      books.write({ fact: { what: "contract", contractId, mchid, openid } })
    },
    endContract(contractId: string): void {
      books.write({ fact: { what: "contractEnded", contractId } })
    },
  }
}

type Numbers = Pick<Order, "outTradeNo" | "transactionId" | "amountFen">

function charge(order: Numbers, atMs: number) {
  const { outTradeNo, transactionId, amountFen } = order
  return { kind: "charge", orderNo: outTradeNo, tradeNo: transactionId, amountFen, atMs } as const
}

function moneyBack(order: Numbers, refundNo: string, amountFen: Fen, atMs: number) {
  const { outTradeNo, transactionId } = order
  return { kind: "return", orderNo: outTradeNo, tradeNo: transactionId, refundNo, amountFen, atMs } as const
}

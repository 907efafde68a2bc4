import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import type { Fen } from "../domain/money.ts"

/** What a simulated channel took and gave back for one order of ours, in fen; times are ISO 8601, UTC (contract §1). */
export type Books = {
  charged: Fen
  returned: Fen
  charges: readonly BookedMoney[]
  returns: readonly (BookedMoney & { channel_refund_no: string })[]
}

export type BookedMoney = { channel_order_no: string; channel_trade_no: string; amount: Fen; at: string }

/**
 * Money moving at the channel. A charge may lie ahead: it counts from `atMs` on, whether or not the process lives then,
 * unless it is called off before.
 */
export type Money =
  | { kind: "charge"; orderNo: string; tradeNo: string; amountFen: Fen; atMs: number }
  | { kind: "calledOff"; orderNo: string; tradeNo: string }
  | { kind: "return"; orderNo: string; tradeNo: string; refundNo: string; amountFen: Fen; atMs: number }

/** One line of the books: a fact in the channel's own words, and the money that moved with it. One line, so never half. */
export type BookLine<Fact> = { fact: Fact; money?: Money }

export type BookKeeper<Fact> = {
  /** On disk before it returns; then the fact is applied. */
  write(line: BookLine<Fact>): void
  books(payOutTradeNo: string, nowMs: number): Books
  close(): void
}

/**
 * Opens (or begins) the append-only books of a channel and applies every fact in them, oldest first. A line that a kill
 * tore in two is cut off: nobody was answered on the strength of it. Throws where an earlier line is unreadable.
 */
export function openBooks<Fact>(file: string, apply: (fact: Fact) => void): BookKeeper<Fact> {
  mkdirSync(dirname(file), { recursive: true })
  const descriptor = openSync(file, "a+")
  const money = new Map<string, Money[]>()

  const enter = (line: BookLine<Fact>) => {
    if (line.money) {
      const key = indexKey(line.money.orderNo)
      const known = money.get(key)
      if (known) known.push(line.money)
      else money.set(key, [line.money])
    }
    apply(line.fact)
  }
  readWholeLines(file, descriptor).forEach((text, index) => {
    enter(parseLine<Fact>(text, file, index + 1))
  })

  return {
    write(line) {
      writeSync(descriptor, `${JSON.stringify(line)}\n`)
      enter(line)
    },
    books(payOutTradeNo, nowMs) {
      const moves = money.get(indexKey(payOutTradeNo)) ?? []
      return summary(
        moves.filter((move) => move.orderNo.startsWith(payOutTradeNo)),
        nowMs,
      )
    },
    close() {
      closeSync(descriptor)
    },
  }
}

/** A channel's order number begins with our 26 digits (domain/order-number.ts); whatever is shorter is its own key. */
function indexKey(orderNo: string): string {
  return orderNo.slice(0, 26)
}

function readWholeLines(file: string, descriptor: number): string[] {
  const content = readFileSync(file)
  const end = content.lastIndexOf("\n") + 1
  if (end < content.length) ftruncateSync(descriptor, end)
  return end === 0 ? [] : content.toString("utf8", 0, end - 1).split("\n")
}

function parseLine<Fact>(text: string, file: string, lineNo: number): BookLine<Fact> {
  try {
    return JSON.parse(text) as BookLine<Fact>
  } catch (cause) {
    throw new Error(`line ${lineNo} of ${file} is unreadable`, { cause })
  }
}

function summary(moves: readonly Money[], nowMs: number): Books {
  const calledOff = new Set(moves.flatMap((move) => (move.kind === "calledOff" ? [move.tradeNo] : [])))
  const charges = moves.flatMap((move) =>
    move.kind === "charge" && move.atMs <= nowMs && !calledOff.has(move.tradeNo) ? [booked(move)] : [],
  )
  const returns = moves.flatMap((move) =>
    move.kind === "return" ? [{ ...booked(move), channel_refund_no: move.refundNo }] : [],
  )
  return { charged: total(charges), returned: total(returns), charges, returns }
}

function booked(move: Exclude<Money, { kind: "calledOff" }>): BookedMoney {
  return {
    channel_order_no: move.orderNo,
    channel_trade_no: move.tradeNo,
    amount: move.amountFen,
    at: new Date(move.atMs).toISOString(),
  }
}

function total(moves: readonly BookedMoney[]): Fen {
  return moves.reduce((sum, move) => sum + move.amount, 0)
}

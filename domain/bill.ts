/**
 * A merchant's bill of a day (A12, A18): made of its movements and nothing else, so that it equals the sum of its lines (I8)
 * and comes out byte for byte the same whenever it is made again.
 */
import { hash } from "node:crypto"
import { billLine, HEADER, LINE_END } from "./bill-file.ts"
import { PAY_TYPES, type PayType } from "./channel.ts"
import { merkleRoot } from "./merkle.ts"
import type { Fen } from "./money.ts"
import { identityOf, type Movement } from "./movement.ts"

/** Counts and amounts of one pay type. Payments that were reversed or refunded later stand in both. */
export type BillInfo = {
  payType: PayType
  totalCount: number
  totalFen: Fen
  reverseCount: number
  reverseFen: Fen
  refundCount: number
  refundFen: Fen
}

export type Bill = {
  merchantId: string
  day: string
  /** By pay type, in the order of PAY_TYPES; those that nothing moved by are absent. */
  infos: BillInfo[]
  lines: number
  file: Buffer
  /** Of the file's bytes, and of the tree over its lines, in hex. */
  sha256: string
  merkleRoot: string
}

/** @param movements of that merchant and that bill; each may be there several times */
export function makeBill(merchantId: string, day: string, movements: readonly Movement[]): Bill {
  const sorted = inOrder(eachOnce(movements))
  const { file, root } = writeFile(sorted, day)
  return {
    merchantId,
    day,
    infos: totals(sorted),
    lines: sorted.length,
    file,
    sha256: hash("sha256", file, "hex"),
    merkleRoot: root,
  }
}

/** What is signed in one short text, in place of the whole file (docs/adr/0020-bills-from-movements.md). */
export function statementOf({ merchantId, day, lines, sha256, merkleRoot }: Bill): string {
  return [
    "metro-pay bill v1",
    `merchant: ${merchantId}`,
    `date: ${day}`,
    `lines: ${lines}`,
    `sha256: ${sha256}`,
    `merkle_root: ${merkleRoot}`,
  ].join("\n")
}

export function statementDigest(bill: Bill): Buffer {
  return hash("sha256", statementOf(bill), "buffer")
}

function eachOnce(movements: readonly Movement[]): Movement[] {
  // As identityOf tells them apart, without a text for each.
  const byNumber = { PAYMENT: new Map<string, Movement>(), REVERSAL: new Map(), REFUND: new Map() }
  for (const movement of movements) {
    const known = byNumber[movement.kind]
    const number = movement.refundId ?? movement.tradeNo
    const before = known.get(number)
    // Two deliveries differ only where the merchant's zone was changed between them: whichever, but always the same.
    if (!before || movement.time < before.time) known.set(number, movement)
  }
  return Object.values(byNumber).flatMap((known) => [...known.values()])
}

function inOrder(movements: Movement[]): Movement[] {
  return movements.sort((one, other) => one.atMs - other.atMs || compare(identityOf(one), identityOf(other)))
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** Longest that a line may be: the fields' limits, in bytes, and every one of them quoted. */
const MOST_LINE_BYTES = 2_048
const FIRST_BYTES = 64 * 1024

function writeFile(movements: readonly Movement[], day: string): { file: Buffer; root: string } {
  const tree = merkleRoot()
  let file: Buffer = Buffer.allocUnsafe(FIRST_BYTES)
  let length = file.write(HEADER + LINE_END)
  for (const movement of movements) {
    if (length + MOST_LINE_BYTES > file.length) file = grown(file, length)
    const end = length + file.write(billLine(movement, day), length)
    tree.add(file, length, end)
    length = end + file.write(LINE_END, end)
  }
  return { file: file.subarray(0, length), root: tree.root() }
}

function grown(file: Buffer, length: number): Buffer {
  const larger = Buffer.allocUnsafe(file.length * 2)
  file.copy(larger, 0, 0, length)
  return larger
}

function totals(movements: readonly Movement[]): BillInfo[] {
  const byPayType = new Map<PayType, BillInfo>()
  for (const { payType, kind, amountFen } of movements) {
    let info = byPayType.get(payType)
    if (!info) {
      info = {
        payType,
        totalCount: 0,
        totalFen: 0,
        reverseCount: 0,
        reverseFen: 0,
        refundCount: 0,
        refundFen: 0,
      }
      byPayType.set(payType, info)
    }
    if (kind === "PAYMENT") {
      info.totalCount += 1
      info.totalFen += amountFen
    } else if (kind === "REVERSAL") {
      info.reverseCount += 1
      info.reverseFen += amountFen
    } else {
      info.refundCount += 1
      info.refundFen += amountFen
    }
  }
  return PAY_TYPES.flatMap((payType) => byPayType.get(payType) ?? [])
}

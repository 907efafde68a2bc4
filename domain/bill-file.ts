/**
 * A day's transactions as a file (A18): UTF-8, RFC 4180 with a header, one line for each movement. Programs read it by the
 * names in the header; people open it in spreadsheets.
 */
import { identityOf, MOVEMENT_KINDS, type Movement } from "./movement.ts"

export const BILL_COLUMNS = [
  "date",
  "time",
  "kind",
  "pay_type",
  "amount",
  "coupon_fee",
  "fee",
  "store_id",
  "out_request_no",
  "pay_out_trade_no",
  "out_refund_no",
  "pay_refund_id",
  "pay_type_trade_no",
  "channel_refund_no",
  "channel_time",
  "late_of",
] as const

export const LINE_END = "\r\n"
export const HEADER = BILL_COLUMNS.join(",")

/** Without its line end. `late_of` is the day that the movement belongs to where it is not the bill's. */
export function billLine(movement: Movement, billDay: string): string {
  const { day, kind, refundId = "", tradeNo } = movement
  // Joined by hand: a bill may have millions of lines.
  return `${day},${movement.time},${kind},${movement.payType},${movement.amountFen},${movement.couponFen},${movement.feeFen},${cell(movement.storeId)},${cell(movement.outRequestNo)},${tradeNo},${cell(movement.outRefundNo)},${refundId},${cell(movement.channelTradeNo)},${cell(movement.channelRefundNo)},${movement.channelTime ?? ""},${day === billDay ? "" : day}`
}

/**
 * Where a text begins, a spreadsheet may take it for a formula; an apostrophe before it keeps that from happening. One that
 * begins with an apostrophe gets another, so that programs can take it away again.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const TAKEN_FOR_FORMULA = /^[=+\-@'\t\r\n＝＋－＠]/
const NEEDS_QUOTES = /[",\r\n]/
const PLAIN = /^[0-9A-Za-z][0-9A-Za-z_-]*$/

function cell(text: string | undefined): string {
  if (text === undefined || text === "") return ""
  if (PLAIN.test(text)) return text
  const safe = TAKEN_FOR_FORMULA.test(text) ? `'${text}` : text
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The file's lines as bytes, without the header and their ends. A quoted line end within a text is none. */
export function linesOf(file: Buffer): Buffer[] {
  const lines: Buffer[] = []
  let quoted = false
  let start = 0
  for (let at = 0; at < file.length; at++) {
    if (file[at] === QUOTE) quoted = !quoted
    if (quoted || file[at] !== RETURN || file[at + 1] !== NEWLINE) continue
    lines.push(file.subarray(start, at))
    start = at + 2
  }
  return lines.slice(1)
}

const QUOTE = 0x22
const RETURN = 0x0d
const NEWLINE = 0x0a

/** The cells of a line, as they were before they were escaped for CSV. */
export function cellsOf(line: string): string[] {
  const cells = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? []
  // The last match is the empty one at the end.
  return cells
    .slice(0, BILL_COLUMNS.length)
    .map((it) => it.replace(/,$/, ""))
    .map((it) => (it.startsWith('"') ? it.slice(1, -1).replaceAll('""', '"') : it))
}

/** What each line is about, as identityOf says it of the movement. */
export function* identitiesIn(file: Buffer): Generator<string> {
  for (const line of linesOf(file)) yield lineIdentity(line.toString("utf8"))
}

export function lineIdentity(line: string): string {
  const cells = cellsOf(line)
  const kind = MOVEMENT_KINDS.find((it) => it === cells[KIND])
  const tradeNo = cells[TRADE_NO]
  if (!kind || !tradeNo) throw new Error("a bill has a line that is none")
  return identityOf({ kind, tradeNo, refundId: cells[REFUND_ID] || undefined })
}

const KIND = BILL_COLUMNS.indexOf("kind")
const TRADE_NO = BILL_COLUMNS.indexOf("pay_out_trade_no")
const REFUND_ID = BILL_COLUMNS.indexOf("pay_refund_id")

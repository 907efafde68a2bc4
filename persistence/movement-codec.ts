/**
 * A movement as one line of an object: a JSON array, since names would be half of it, and the merchant first, so that lines
 * can be sorted out without reading them. Never change the meaning of a place; add places at the end, optional ones.
 */
import { CHANNEL_IDS, PAY_TYPES } from "../domain/channel.ts"
import { MOVEMENT_KINDS, type Movement } from "../domain/movement.ts"

type Line = [
  merchantId: string,
  kind: string,
  atMs: number,
  time: string,
  payType: string,
  channel: string,
  amountFen: number,
  couponFen: number,
  feeFen: number,
  storeId: string,
  outRequestNo: string,
  tradeNo: string,
  outRefundNo: string | 0,
  refundId: string | 0,
  channelTradeNo: string | 0,
  channelRefundNo: string | 0,
  channelTime: string | 0,
  channelAtMs: number | 0,
]

const DAY_DIGITS = 8

/** Without line end: JSON has none within. */
export function encodeMovement(movement: Movement): string {
  const line: Line = [
    movement.merchantId,
    movement.kind,
    movement.atMs,
    movement.time,
    movement.payType,
    movement.channel,
    movement.amountFen,
    movement.couponFen,
    movement.feeFen,
    movement.storeId,
    movement.outRequestNo,
    movement.tradeNo,
    movement.outRefundNo ?? 0,
    movement.refundId ?? 0,
    movement.channelTradeNo ?? 0,
    movement.channelRefundNo ?? 0,
    movement.channelTime ?? 0,
    movement.channelAtMs ?? 0,
  ]
  return JSON.stringify(line)
}

/** Throws for a line that is none. */
export function decodeMovement(text: string): Movement {
  const line = JSON.parse(text) as Line
  const time = line[3]
  return {
    merchantId: line[0],
    kind: oneOf(MOVEMENT_KINDS, line[1]),
    atMs: line[2],
    day: time.slice(0, DAY_DIGITS),
    time,
    payType: oneOf(PAY_TYPES, line[4]),
    channel: oneOf(CHANNEL_IDS, line[5]),
    amountFen: line[6],
    couponFen: line[7],
    feeFen: line[8],
    storeId: line[9],
    outRequestNo: line[10],
    tradeNo: line[11],
    outRefundNo: line[12] || undefined,
    refundId: line[13] || undefined,
    channelTradeNo: line[14] || undefined,
    channelRefundNo: line[15] || undefined,
    channelTime: line[16] || undefined,
    channelAtMs: line[17] || undefined,
  }
}

/** Calls `take` with the merchant of each line and where in the bytes the line stands, its end included. */
export function eachLine(
  bytes: Buffer,
  take: (merchantId: string, start: number, end: number) => void,
): void {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline < 0 ? bytes.length : newline + 1
    // Merchants' ids hold nothing that JSON would escape.
    take(bytes.toString("latin1", start + 2, bytes.indexOf(QUOTE, start + 2)), start, end)
    start = end
  }
}

const NEWLINE = 0x0a
const QUOTE = 0x22

function oneOf<T extends string>(known: readonly T[], text: string): T {
  const at = known.indexOf(text as T)
  const found = known[at]
  if (found === undefined) throw new Error(`a stored movement says ${text}, which is unknown`)
  return found
}

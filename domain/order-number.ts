import { sha256 } from "./hash.ts"

/** 26 decimal digits: `pay_out_trade_no`. */
const TRADE_NO_DIGITS = 26
const TRADE_NO_SPAN = 9n * 10n ** 25n
const FIRST_TRADE_NO = 10n ** 25n

/**
 * The platform's number of an order, computed from merchant and `out_request_no`: the same request always finds the same
 * item, so the item's key is the idempotency key and neither number needs an index. 86 bits; whoever reads an item by it
 * compares merchant and number all the same.
 */
export function tradeNoOf(merchantId: string, outRequestNo: string): string {
  const hash = sha256(["order", merchantId, outRequestNo])
  return String(FIRST_TRADE_NO + (BigInt(`0x${hash.toString("hex")}`) % TRADE_NO_SPAN))
}

export function isTradeNo(value: string): boolean {
  return value.length === TRADE_NO_DIGITS && /^[1-9]\d{25}$/.test(value)
}

/**
 * The number under which a channel knows a leg: the order's own, then the leg in two digits. 28 digits fit every channel's
 * limit (WeChat takes 32 characters), and one look at a channel's bill tells whose order it was.
 */
export function channelOrderNoOf(tradeNo: string, legNo: number): string {
  return `${tradeNo}${String(legNo).padStart(2, "0")}`
}

/** The order and leg behind a channel's number, or undefined where it is none of ours. */
export function orderAndLegOf(channelOrderNo: string): { tradeNo: string; legNo: number } | undefined {
  if (!/^[1-9]\d{27}$/.test(channelOrderNo)) return undefined
  return {
    tradeNo: channelOrderNo.slice(0, TRADE_NO_DIGITS),
    legNo: Number(channelOrderNo.slice(TRADE_NO_DIGITS)),
  }
}

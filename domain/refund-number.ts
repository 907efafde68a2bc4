import { sha256 } from "./hash.ts"

const REFUND_ID = /^[1-9]\d{25}$/
const SPAN = 9n * 10n ** 25n
const FIRST = 10n ** 25n

/**
 * The platform's number of a refund (`pay_refund_id`, 26 decimal digits), computed from merchant and `out_refund_no`: the
 * same request always finds the same item. Whoever reads an item by it compares merchant and number all the same.
 */
export function refundIdOf(merchantId: string, outRefundNo: string): string {
  const hash = sha256(["refund", merchantId, outRefundNo])
  return String(FIRST + (BigInt(`0x${hash.toString("hex")}`) % SPAN))
}

export function isRefundId(value: string): boolean {
  return REFUND_ID.test(value)
}

/**
 * The number under which a channel knows a refund: the refund's own, the leg, and which of its numbers it is, in two digits
 * each. Asked again it is the same number, which moves money once; only a refund that ended at the channel without moving any
 * gets the next. 30 digits fit every channel's limit (WeChat 64, UnionPay 40 characters).
 */
export function channelRefundNoOf(refundId: string, legNo: number, channelNo: number): string {
  const twoDigits = (value: number) => String(value).padStart(2, "0")
  return `${refundId}${twoDigits(legNo)}${twoDigits(channelNo)}`
}

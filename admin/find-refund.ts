import type { Refund } from "../domain/refund.ts"
import { isRefundId, refundIdOf } from "../domain/refund-number.ts"
import type { RefundStore } from "../usecases/ports.ts"
import { UsageError } from "./usage-error.ts"

/** How a refund is named on the command line. */
export const REFUND_WORDS = "NUMBER | MERCHANT OUT_REFUND_NO"

/**
 * The refund of that number, or of a merchant and the merchant's own number; undefined where there is none. Throws a
 * UsageError for what is no number.
 */
export async function findNamedRefund(
  refunds: RefundStore,
  [first = "", outRefundNo]: readonly string[],
): Promise<Refund | undefined> {
  if (outRefundNo === undefined) {
    if (!isRefundId(first))
      throw new UsageError(`"${first}" is no refund's number: 26 digits, or MERCHANT OUT_REFUND_NO`)
    return refunds.read(first)
  }
  const refund = await refunds.read(refundIdOf(first, outRefundNo))
  return refund?.merchantId === first && refund.outRefundNo === outRefundNo ? refund : undefined
}

export function noSuchRefund(words: readonly string[]): { ok: false; why: string } {
  return { ok: false, why: `there is no refund ${words.join(" ")}` }
}

/** State of a refund (A17). Reads, and wakes the recovery where its owner has gone; never sends anything back. */
import { isFreshClaim, type Refund } from "../domain/refund.ts"
import { isRefundId, refundIdOf } from "../domain/refund-number.ts"
import { type AskRefundPorts, askRefundOnce } from "./ask-refund.ts"
import type { OrderStore, RefundStore } from "./ports.ts"
import { isHeld } from "./reserve-refund.ts"

export type QueryRefundPorts = Pick<AskRefundPorts, "clock" | "polls"> & {
  refunds: RefundStore
  orders: OrderStore
}

/** One of the two numbers is given; where both are, they must name the same refund. */
export type RefundNumbers = { outRefundNo?: string; refundId?: string }

/** The refund, or undefined where this merchant has none of that number: another merchant's is not told apart from none. */
export async function queryRefund(
  ports: QueryRefundPorts,
  merchantId: string,
  numbers: RefundNumbers,
): Promise<Refund | undefined> {
  const refund = await findRefund(ports.refunds, merchantId, numbers)
  if (!refund) return undefined
  await askRefundOnce(ports, refund)
  // A claim whose amount is not held yet may still be given up: nobody may be told of it.
  return isFreshClaim(refund) && !(await isHeld(ports, refund)) ? undefined : refund
}

export async function findRefund(
  refunds: RefundStore,
  merchantId: string,
  { outRefundNo, refundId }: RefundNumbers,
): Promise<Refund | undefined> {
  const computed = outRefundNo === undefined ? undefined : refundIdOf(merchantId, outRefundNo)
  const wanted = computed ?? refundId
  if (wanted === undefined || !isRefundId(wanted)) return undefined
  if (computed !== undefined && refundId !== undefined && refundId !== computed) return undefined
  const refund = await refunds.read(wanted)
  if (!refund || refund.merchantId !== merchantId || refund.state === "RETRACTED") return undefined
  return outRefundNo !== undefined && refund.outRefundNo !== outRefundNo ? undefined : refund
}

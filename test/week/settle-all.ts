/** Waits until everything is final, the clock moving on meanwhile; asks as tills ask. */
import { setTimeout as sleep } from "node:timers/promises"
import type { RunningChain } from "./running-chain.ts"
import { hearOrder, hearRefund, hearReversal, type ToldOrder, type ToldRefund } from "./told.ts"

const WITHIN_MS = 180_000
/** Each round moves the clock so far: leases and waiting plans pass, and few signatures grow old. */
const STEP_MS = 20_000
const PAUSE_MS = 200

/** Gives the orders that are not final even so. */
export async function settleAll(chain: RunningChain, orders: readonly ToldOrder[]): Promise<ToldOrder[]> {
  const endMs = performance.now() + WITHIN_MS
  let open = [...orders]
  for (;;) {
    const settled = await Promise.all(open.map((order) => ask(chain, order)))
    open = open.filter((_, at) => !settled[at])
    if (open.length === 0 || performance.now() > endMs) return open
    await chain.advance(STEP_MS)
    await sleep(PAUSE_MS)
  }
}

/** Says whether the order and all of its refunds are final. */
async function ask(chain: RunningChain, order: ToldOrder): Promise<boolean> {
  const { merchantId, outRequestNo } = order.sale
  const number = { out_request_no: outRequestNo }
  const { code, data } = await chain.askUntilHeard(merchantId, "orderquery", number)
  if (code !== "SUCCESS") {
    order.contradictions.push(`${outRequestNo}: asked about at the end it is answered ${code}`)
    return true
  }
  hearOrder(order, data)
  const refunds = await Promise.all(order.refunds.map((refund) => askRefund(chain, order, refund)))
  if (refunds.includes(false) || data.pay_status === "PS_PAYING") return false
  if (order.reversing && data.pay_status === "PS_SUCCESS") return false
  // When it was reversed is told by the same call again.
  if (order.reversing && order.reversed === undefined) {
    const again = await chain.askUntilHeard(merchantId, "reverse", number)
    if (again.code === "SUCCESS") hearReversal(order, again.data)
  }
  return true
}

async function askRefund(chain: RunningChain, order: ToldOrder, refund: ToldRefund): Promise<boolean> {
  const number = { out_refund_no: refund.plan.outRefundNo }
  const { code, data } = await chain.askUntilHeard(order.sale.merchantId, "refundquery", number)
  // What was refused does not exist, and its number is free.
  if (refund.refused !== undefined && code === "REFUND_NOT_FOUND") return true
  if (code === "SUCCESS" && refund.refused === undefined) hearRefund(order, refund, data)
  else order.contradictions.push(`refund ${refund.plan.outRefundNo}: asked about at the end: ${code}`)
  return refund.status !== "RS_PROCESSING"
}

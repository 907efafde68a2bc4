/** Refunds, asked for in every manner that tills have: once, again, twice at once, too much, with another amount, of others. */
import { moves, type PlannedRefund } from "./day-plan.ts"
import { type Answer, MERCHANTS, type RunningChain } from "./running-chain.ts"
import { hearRefund, type ToldOrder, type ToldRefund } from "./told.ts"

export async function askRefund(chain: RunningChain, order: ToldOrder, plan: PlannedRefund): Promise<void> {
  const refund: ToldRefund = { plan }
  const { outRequestNo } = order.sale
  const wanted = { out_refund_no: plan.outRefundNo, refund_fee: plan.feeFen }
  if (plan.manner === "stranger") return askAsStranger(chain, order, wanted)
  order.refunds.push(refund)
  const ask = async (changed: object = {}) => {
    const input = { out_request_no: outRequestNo, ...wanted, ...changed }
    return chain.askUntilHeard(order.sale.merchantId, "refund", input)
  }
  const told = plan.manner === "twice at once" ? await Promise.all([ask(), ask()]) : [await ask()]
  if (plan.manner === "again") told.push(await ask())
  for (const answer of told) hear(order, refund, answer)
  if (plan.manner === "too much" && !refund.refused) wrong(order, plan, "more than was paid was refunded")
  if (plan.manner === "other amount" && !refund.refused) {
    const other = await ask({ refund_fee: plan.feeFen + 1 })
    if (other.code !== "REFUND_NO_REUSED")
      wrong(order, plan, `with another amount it was answered ${other.code}`)
  }
}

/** A number that was refused is free: asked again once the order is paid, or beside a call that comes too early, it refunds. */
function hear(order: ToldOrder, refund: ToldRefund, { code, data }: Answer): void {
  if (code === "SUCCESS") {
    refund.refused = undefined
    hearRefund(order, refund, data)
    return
  }
  if (!mayRefuse(order, refund.plan, code)) wrong(order, refund.plan, `refused with ${code}`)
  if (refund.status === undefined) refund.refused = code
  else if (refund.plan.manner !== "twice at once") {
    wrong(order, refund.plan, `taken on, then refused with ${code}`)
  }
}

/** Refused is what is more than is left, and whatever is asked of an order that is not paid. */
function mayRefuse(order: ToldOrder, plan: PlannedRefund, code: string): boolean {
  if (code === "REFUND_EXCEEDS_PAID") return plan.manner === "too much" || plan.feeFen > leftFen(order, plan)
  if (code === "ORDER_NOT_FOUND") return order.tradeNo === undefined
  return code === "ORDER_STATE_FORBIDS" && (order.status !== "PS_SUCCESS" || order.reversing)
}

function leftFen(order: ToldOrder, except: PlannedRefund): number {
  const others = order.refunds.filter(({ plan, refused }) => plan !== except && refused === undefined)
  return others.reduce((sum, { plan }) => sum - plan.feeFen, order.sale.totalFen)
}

async function askAsStranger(chain: RunningChain, order: ToldOrder, wanted: object): Promise<void> {
  const { merchantId } = order.sale
  const stranger = MERCHANTS.find((it) => it !== merchantId)
  if (!stranger || order.tradeNo === undefined) return
  const input = { pay_out_trade_no: order.tradeNo, ...wanted }
  const { code } = await chain.askUntilHeard(stranger, "refund", input)
  if (code !== "ORDER_NOT_FOUND") {
    order.contradictions.push(
      `${order.sale.outRequestNo}: ${stranger} asked for its refund and heard ${code}`,
    )
  }
}

function wrong(order: ToldOrder, plan: PlannedRefund, what: string): void {
  const expected = moves(plan.manner) ? "" : ` (asked for ${plan.manner})`
  order.contradictions.push(`${order.sale.outRequestNo}, refund ${plan.outRefundNo}${expected}: ${what}`)
}

import { type Answer, beijingTime, refusal } from "./answers.ts"
import { isPaid, leftFen, type Order, type Refund } from "./order.ts"
import { type Call, timesOutOnce } from "./payments.ts"
import type { RefundBody } from "./requests.ts"

/** https://pay.weixin.qq.com/doc/v3/partner/4012709253: at most 50 refunds of one payment, within a year. */
const MAX_PARTS = 50
const WINDOW_MS = 365 * 86_400_000

/**
 * Gives money back, once for each refund number. A number used before with the same content is told its present state;
 * with other content it is refused. Refunds are done at once: no PROCESSING.
 */
export function refund(call: Call, body: RefundBody): Answer {
  const { orders, mchid, nowMs } = call
  // Where both numbers are given, WeChat's own goes first: https://pay.weixin.qq.com/doc/v2/partner/4011984092
  const order = body.transactionId
    ? orders.findByTransaction(mchid, body.transactionId)
    : orders.find(mchid, body.outTradeNo ?? "")
  if (!order || !isPaid(order, nowMs)) return refusal("RESOURCE_NOT_EXISTS", "订单不存在")
  const known = orders.findRefund(mchid, body.outRefundNo)
  if (known) return refundedBefore(known, order, body)
  const objection = objectionTo(order, body, nowMs)
  if (objection) return refusal("INVALID_REQUEST", objection)
  if (timesOutOnce(orders, order, `refund ${mchid}/${body.outRefundNo}`)) return "silence"
  const made: Refund = {
    mchid,
    transactionId: order.transactionId,
    outRefundNo: body.outRefundNo,
    refundId: orders.nextRefundId(),
    amountFen: body.refundFen,
    atMs: nowMs,
  }
  orders.refund(order, made)
  return { status: 200, body: refundView(made, order) }
}

export function queryRefund(call: Call, outRefundNo: string): Answer {
  const made = call.orders.findRefund(call.mchid, outRefundNo)
  const order = made && call.orders.findByTransaction(call.mchid, made.transactionId)
  if (!order) return refusal("RESOURCE_NOT_EXISTS", "退款单不存在")
  return { status: 200, body: refundView(made, order) }
}

function refundedBefore(known: Refund, order: Order, body: RefundBody): Answer {
  const same =
    known.transactionId === order.transactionId &&
    known.amountFen === body.refundFen &&
    order.amountFen === body.totalFen
  if (!same) return refusal("INVALID_REQUEST", "相同退款单号使用了不同的参数")
  return { status: 200, body: refundView(known, order) }
}

function objectionTo(order: Order, body: RefundBody, nowMs: number): string | undefined {
  if (body.totalFen !== order.amountFen) return "订单金额与原订单不一致"
  if (body.refundFen > leftFen(order)) return "退款金额大于可退金额"
  if (order.refunds.length >= MAX_PARTS) return "退款次数超过50次"
  if (order.moneyAtMs !== undefined && nowMs - order.moneyAtMs > WINDOW_MS) return "订单已超过退款期限"
  return undefined
}

/** https://pay.weixin.qq.com/doc/v3/partner/4012709253, the answer's fields; no discounts, so all sums are the same. */
function refundView(made: Refund, order: Order): Readonly<Record<string, unknown>> {
  const at = beijingTime(made.atMs)
  return {
    refund_id: made.refundId,
    out_refund_no: made.outRefundNo,
    transaction_id: made.transactionId,
    out_trade_no: order.outTradeNo,
    channel: "ORIGINAL",
    user_received_account: "支付用户零钱",
    success_time: at,
    create_time: at,
    status: "SUCCESS",
    funds_account: "AVAILABLE",
    amount: {
      total: order.amountFen,
      refund: made.amountFen,
      payer_total: order.amountFen,
      payer_refund: made.amountFen,
      settlement_refund: made.amountFen,
      settlement_total: order.amountFen,
      discount_refund: 0,
      currency: "CNY",
    },
  }
}

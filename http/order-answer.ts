import type { Language } from "../api/errors.ts"
import type { OrderOutput, ReverseOutput } from "../api/merchant-api.ts"
import { PAY_ERRORS } from "../api/pay-errors.ts"
import { localDateTime } from "../domain/days.ts"
import { closedUnseen, couponFenOf, type Order, paidAtMs } from "../domain/order.ts"
import { PUBLIC_STATUS } from "../domain/order-states.ts"

/** An order as applypay and orderquery show it (contract §3). Values not known yet are absent. */
export function orderAnswer(
  order: Order,
  call: "applypay" | "orderquery",
  view: { language: Language; timeZone: string; finalByMs?: number },
): OrderOutput {
  if (order.state === "RETRACTED") throw new Error("a retracted order has no answer")
  const status = PUBLIC_STATUS[order.state][call]
  const paid = status === "PS_SUCCESS"
  const leg = order.legs[0]
  return {
    pay_status: status,
    out_request_no: order.outRequestNo,
    pay_out_trade_no: order.tradeNo,
    ...(closedUnseen(order) ? {} : { total_fee: order.totalFen }),
    ...(paid ? paidFields(order, view.timeZone) : {}),
    ...(status === "PS_FAILED" ? failureFields(order, view.language) : {}),
    ...(order.uid ? { uid: order.uid } : {}),
    ...(order.payType ? { pay_type: order.payType } : {}),
    ...(leg?.channelTradeNo ? { pay_type_trade_no: leg.channelTradeNo } : {}),
    ...(status === "PS_PAYING" && view.finalByMs ? { final_by: new Date(view.finalByMs).toISOString() } : {}),
  }
}

function paidFields(
  order: Order,
  timeZone: string,
): Pick<OrderOutput, "pay_date" | "pay_time" | "pay_coupon_fee"> {
  const { date, time } = localDateTime(paidAtMs(order) ?? order.createdAtMs, timeZone)
  return { pay_date: date, pay_time: time, pay_coupon_fee: couponFenOf(order) }
}

function failureFields(order: Order, language: Language): Pick<OrderOutput, "pay_err_code" | "pay_err_desc"> {
  const code = order.failure?.code ?? "ORDER_CLOSED"
  return { pay_err_code: code, pay_err_desc: PAY_ERRORS[code][language] }
}

/** What became of a reversal. Date and time are there once the order is closed. */
export function reverseAnswer(order: Order, recall: "Y" | "N", timeZone: string): ReverseOutput {
  const closed = order.state === "CLOSED" && order.finalAtMs !== undefined
  const { date, time } = localDateTime(order.finalAtMs ?? order.createdAtMs, timeZone)
  return {
    recall,
    pay_out_trade_no: order.tradeNo,
    out_request_no: order.outRequestNo,
    ...(closed ? { reverse_date: date, reverse_time: time } : {}),
  }
}

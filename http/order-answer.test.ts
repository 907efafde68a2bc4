import assert from "node:assert/strict"
import { test } from "node:test"
import { PAY_ERRORS } from "../api/pay-errors.ts"
import { PAY_ERROR_CODES } from "../domain/channel.ts"
import { apply, closedNumber, newOrder, type Order } from "../domain/order.ts"
import { orderAnswer, reverseAnswer } from "./order-answer.ts"

const view = { language: "zh", timeZone: "Asia/Shanghai" } as const
/** 2026-11-20, 23:59:50 in Shanghai. */
const LATE_EVENING_MS = Date.UTC(2026, 10, 20, 15, 59, 50)

function paying(): Order {
  const request = {
    merchantId: "M1",
    outRequestNo: "N1",
    code: "",
    body: "早餐",
    totalFen: 1200,
    storeId: "S1",
  }
  return newOrder(request, "accepted", {
    fingerprint: "f",
    createdAtMs: LATE_EVENING_MS,
    day: "20261120",
    uid: "U1",
    payType: "CT_WECHAT",
    legs: [
      {
        no: 1,
        channel: "wechat",
        accountId: "A",
        settingsVersion: 1,
        intent: "code",
        amountFen: 1200,
        state: "PENDING",
      },
    ],
  })
}

function paid(): Order {
  const order = paying()
  const legs = order.legs.map((leg) => ({
    ...leg,
    state: "CHARGED" as const,
    channelTradeNo: "42",
    couponFen: 100,
  }))
  return apply(order, "charged", LATE_EVENING_MS + 20_000, { legs })
}

test("what is not known yet is absent, and a paying order says by when it will be known", () => {
  const { pay_status, final_by, ...rest } = orderAnswer(paying(), "applypay", { ...view, finalByMs: 1 })
  assert.deepEqual([pay_status, final_by], ["PS_PAYING", "1970-01-01T00:00:00.001Z"])
  assert.deepEqual(Object.keys(rest).sort(), [
    "out_request_no",
    "pay_out_trade_no",
    "pay_type",
    "total_fee",
    "uid",
  ])
})

test("a payment's day and time are those of the merchant's zone when it became paid", () => {
  const said = orderAnswer(paid(), "orderquery", { ...view, finalByMs: 1 })
  assert.deepEqual(
    [said.pay_status, said.pay_date, said.pay_time],
    ["PS_SUCCESS", "20261121", "20261121000010"],
  )
  assert.deepEqual([said.pay_coupon_fee, said.pay_type_trade_no, said.final_by], [100, "42", undefined])
})

test("an undo that was refused leaves the payment's time as it was", () => {
  const undoing = apply(paid(), "undoStarted", LATE_EVENING_MS + 60_000)
  const back = apply(undoing, "undoRefused", LATE_EVENING_MS + 90_000)
  assert.equal(orderAnswer(undoing, "applypay", view).pay_status, "PS_SUCCESS")
  assert.deepEqual(orderAnswer(back, "applypay", view), orderAnswer(paid(), "applypay", view))
})

test("a closed order is failed to applypay and closed to orderquery", () => {
  const closed = apply(apply(paying(), "reversalStarted", 1), "reversed", LATE_EVENING_MS)
  const applied = orderAnswer(closed, "applypay", view)
  assert.deepEqual([applied.pay_status, applied.pay_err_code], ["PS_FAILED", "ORDER_CLOSED"])
  const asked = orderAnswer(closed, "orderquery", view)
  assert.deepEqual([asked.pay_status, asked.pay_err_code], ["PS_CLOSED", undefined])
  const reversed = reverseAnswer(closed, "N", view.timeZone)
  assert.deepEqual(
    [reversed.recall, reversed.reverse_date, reversed.reverse_time],
    ["N", "20261120", "20261120235950"],
  )
})

test("a number closed before it was seen has no amount, and a reversal under way no time", () => {
  const unseen = closedNumber({ merchantId: "M1", outRequestNo: "N1" }, { createdAtMs: 1, day: "19700101" })
  assert.equal(orderAnswer(unseen, "orderquery", view).total_fee, undefined)
  const reversing = apply(paying(), "reversalStarted", 1)
  assert.equal(reverseAnswer(reversing, "Y", view.timeZone).reverse_time, undefined)
})

test("every reason of a refusal has its words in both languages", () => {
  assert.deepEqual(Object.keys(PAY_ERRORS).sort(), [...PAY_ERROR_CODES].sort())
  for (const words of Object.values(PAY_ERRORS)) assert.ok(words.zh && words.en)
})

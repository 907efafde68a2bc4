import {
  ApplyPayInput,
  MERCHANT_API_PATH,
  OrderOutput,
  OrderQueryInput,
  QueryUidInput,
  QueryUidOutput,
  RefundInput,
  RefundOutput,
  RefundQueryInput,
  ReverseInput,
  ReverseOutput,
} from "../../api/merchant-api.ts"
import { PAY_ERRORS } from "../../api/pay-errors.ts"
import { BILL_CALLS } from "./bill-calls.ts"
import type { DocumentedCall, Examples } from "./documented-call.ts"

const NUMBERS = { out_request_no: "till7-000123", pay_out_trade_no: "92243371668635935577005983" }
const BY_OWN_NUMBER = { out_request_no: NUMBERS.out_request_no }
const BY_PLATFORM_NUMBER = { pay_out_trade_no: NUMBERS.pay_out_trade_no }

const ORDER = { ...NUMBERS, total_fee: 1200, uid: "U10001", pay_type: "CT_WECHAT" }
const PAID = {
  pay_status: "PS_SUCCESS",
  ...ORDER,
  pay_date: "20261014",
  pay_time: "20261014120003",
  pay_coupon_fee: 0,
  pay_type_trade_no: "4200000000000000000000000001",
}
const PAYING = { pay_status: "PS_PAYING", ...ORDER, final_by: "2026-10-14T04:02:48.000Z" }
const FAILED = {
  pay_status: "PS_FAILED",
  ...ORDER,
  pay_err_code: "BALANCE_INSUFFICIENT",
  pay_err_desc: PAY_ERRORS.BALANCE_INSUFFICIENT.zh,
}

const eitherNumber: Examples = {
  byOwnNumber: { summary: "By the shop's own number", value: BY_OWN_NUMBER },
  byPlatformNumber: { summary: "By the platform's number", value: BY_PLATFORM_NUMBER },
}

const applyPay: DocumentedCall = {
  id: "applyPay",
  method: "post",
  path: `${MERCHANT_API_PATH}/applypay`,
  tag: "paying",
  summary: "Charge a scanned code",
  description:
    "`SUCCESS` means that the order exists; `pay_status` says what became of it. Write `out_request_no` down before " +
    "sending. Without an answer, ask with orderquery or send the same call again: the same number with the same content " +
    "never charges twice. A new scan takes a new number.",
  body: ApplyPayInput,
  output: OrderOutput,
  errors: ["MERCHANT_DISABLED", "ORDER_NO_REUSED", "TOO_MANY_REQUESTS", "TRY_AGAIN"],
  requests: {
    lunch: {
      summary: "12 yuan",
      value: {
        out_request_no: NUMBERS.out_request_no,
        qrcode: "92000000000000000004",
        body: "地铁站便利店 午餐",
        total_fee: 1200,
        store_id: "SZTX001",
      },
    },
    everything: {
      summary: "With all optional fields",
      value: {
        out_request_no: "till7-000124",
        qrcode: "134567890123456789",
        body: "早餐",
        total_fee: 600,
        store_id: "SZTX001",
        extra_data: "cashier=17",
        notify_url: "https://shop.example/metro-pay/notify",
      },
    },
  },
  answers: {
    paid: { summary: "Paid: hand over the goods", value: PAID },
    paying: { summary: "Not known yet: ask, or reverse", value: PAYING },
    failed: { summary: "Not paid, and never will be", value: FAILED },
  },
}

const orderQuery: DocumentedCall = {
  id: "orderQuery",
  method: "post",
  path: `${MERCHANT_API_PATH}/orderquery`,
  tag: "paying",
  summary: "State of an order",
  description:
    "One of its two numbers is required; where both are given they must name the same order. After a time-out of applypay " +
    "`ORDER_NOT_FOUND` is not final: the charge may still be on its way.",
  body: OrderQueryInput,
  output: OrderOutput,
  errors: ["ORDER_NOT_FOUND"],
  requests: eitherNumber,
  answers: {
    paid: { summary: "Paid, perhaps refunded in part or in whole", value: PAID },
    paying: { summary: "Not known yet, or being undone", value: PAYING },
    closed: {
      summary: "Closed: not paid, or paid and given back",
      value: { pay_status: "PS_CLOSED", ...ORDER },
    },
  },
}

const queryUid: DocumentedCall = {
  id: "queryUid",
  method: "post",
  path: `${MERCHANT_API_PATH}/queryuid`,
  tag: "paying",
  summary: "Whose code is this",
  description:
    "Names the customer of one of the platform's codes, without using it up. Channels' codes have none.",
  body: QueryUidInput,
  output: QueryUidOutput,
  errors: ["CODE_NOT_FOUND", "TOO_MANY_REQUESTS"],
  requests: { ownCode: { summary: "A code of the platform's", value: { qrcode: "92000000000000000004" } } },
  answers: { found: { summary: "The customer", value: { uid: "U10001" } } },
}

const reverse: DocumentedCall = {
  id: "reverse",
  method: "post",
  path: `${MERCHANT_API_PATH}/reverse`,
  tag: "undoing",
  summary: "Undo an order: unknown, paid today, or never seen",
  description:
    "One of the order's two numbers is required. The whole amount goes back. `recall` `Y`: not certain yet; the platform goes on by itself, and the same call, " +
    "signed anew, tells the end. A number that was never seen is closed for good.",
  body: ReverseInput,
  output: ReverseOutput,
  errors: ["ORDER_NOT_FOUND", "ORDER_STATE_FORBIDS", "REVERSE_WINDOW_CLOSED"],
  requests: eitherNumber,
  answers: {
    closed: {
      summary: "Closed: nobody has paid, or the money went back",
      value: { recall: "N", ...NUMBERS, reverse_date: "20261014", reverse_time: "20261014120141" },
    },
    goingOn: { summary: "Not certain yet", value: { recall: "Y", ...NUMBERS } },
  },
}

const REFUND = {
  ...NUMBERS,
  out_refund_no: "till7-000123-r1",
  pay_refund_id: "31415926535897932384626433",
  pay_refund_fee: 500,
  total_fee: 1200,
}
const refundAnswers: Examples = {
  refunded: {
    summary: "The money went back",
    value: {
      pay_refund_status: "RS_SUCCESS",
      ...REFUND,
      pay_refund_coupon_fee: 0,
      refund_date: "20261016",
      refund_time: "20261016093012",
    },
  },
  processing: {
    summary: "Not certain yet: ask again",
    value: { pay_refund_status: "RS_PROCESSING", ...REFUND },
  },
}

const refund: DocumentedCall = {
  id: "refund",
  method: "post",
  path: `${MERCHANT_API_PATH}/refund`,
  tag: "undoing",
  summary: "Give back a paid order's money, all of it or a part",
  description:
    "One of the order's two numbers is required. Several refunds of an order are possible, each under its own `out_refund_no`, never more in all than was paid. " +
    "The same call again gives the answer or its newer state and moves money once. `RS_PROCESSING`: the platform goes " +
    "on by itself; ask with the same call or with refundquery.",
  body: RefundInput,
  output: RefundOutput,
  errors: [
    "ORDER_NOT_FOUND",
    "REFUND_NO_REUSED",
    "ORDER_STATE_FORBIDS",
    "REFUND_EXCEEDS_PAID",
    "REFUND_WINDOW_CLOSED",
  ],
  requests: {
    part: {
      summary: "5 of 12 yuan",
      value: { ...BY_OWN_NUMBER, out_refund_no: REFUND.out_refund_no, refund_fee: REFUND.pay_refund_fee },
    },
  },
  answers: refundAnswers,
}

const refundQuery: DocumentedCall = {
  id: "refundQuery",
  method: "post",
  path: `${MERCHANT_API_PATH}/refundquery`,
  tag: "undoing",
  summary: "State of a refund",
  description: "One of its two numbers is required; where both are given they must name the same refund.",
  body: RefundQueryInput,
  output: RefundOutput,
  errors: ["REFUND_NOT_FOUND"],
  requests: {
    byOwnNumber: { summary: "By the shop's own number", value: { out_refund_no: REFUND.out_refund_no } },
    byPlatformNumber: { summary: "By the platform's number", value: { pay_refund_id: REFUND.pay_refund_id } },
  },
  answers: refundAnswers,
}

export const MERCHANT_CALLS: readonly DocumentedCall[] = [
  applyPay,
  orderQuery,
  queryUid,
  reverse,
  refund,
  refundQuery,
  ...BILL_CALLS,
]

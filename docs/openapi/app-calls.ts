import * as z from "zod"
import {
  APP_API_PATH,
  CloseCodeInput,
  IssueCodeInput,
  MembershipInput,
  OpenCodeInput,
  PaymentStatus,
  RecordInput,
  RecordsInput,
  SetPhoneInput,
  TellingStatus,
  VipStatus,
} from "../../api/app-api.ts"
import { OrderOutput, PayStatus } from "../../api/merchant-api.ts"
import { PAY_ERRORS } from "../../api/pay-errors.ts"
import type { DocumentedCall } from "./documented-call.ts"

const time = z.string().meta({ format: "date-time" })
const ShownCode = z.object({ qrcode: z.string(), pay_id: z.string(), pay_type: z.string(), expires_at: time })
const Watched = z.object({
  status: PaymentStatus,
  pay_id: z.string(),
  pay_type: z.string(),
  expires_at: time,
  merchant_id: z.string().optional(),
  total_fee: z.int().optional(),
  pay_out_trade_no: z.string().optional(),
  pay_err_code: z.string().optional(),
  pay_err_desc: z.string().optional(),
})
const Agreement = z.object({
  id: z.string(),
  merchant_id: z.string(),
  pay_type: z.string(),
  signed_at: time,
})
const Membership = z.object({
  merchant_id: z.string(),
  merchant_name: z.string().optional(),
  vip_status: VipStatus,
  status: TellingStatus,
  changed_at: time,
})
const RecordLine = z.object({
  pay_out_trade_no: z.string(),
  time,
  total_fee: z.int(),
  pay_status: PayStatus,
  pay_type: z.string(),
  merchant_id: z.string(),
  merchant_name: z.string().optional(),
})
const RecordDetail = OrderOutput.extend({
  body: z.string(),
  time,
  merchant_id: z.string(),
  merchant_name: z.string().optional(),
  store_id: z.string(),
})

const CODE = {
  pay_id: "8Zk2x0dMvR1uYtqAoB5nWg",
  pay_type: "CT_WECHAT",
  expires_at: "2026-10-14T04:01:00.000Z",
}
const MERCHANT = { merchant_id: "M10001", merchant_name: "天桥便利店" }
const LINE = {
  pay_out_trade_no: "92243371668635935577005983",
  time: "2026-10-14T04:00:03.000Z",
  total_fee: 1200,
  pay_status: "PS_SUCCESS",
  pay_type: "CT_WECHAT",
  ...MERCHANT,
}

const codeCalls: readonly DocumentedCall[] = [
  {
    id: "openCode",
    method: "post",
    path: `${APP_API_PATH}/code/open`,
    tag: "app",
    summary: "Open the consumption code, or set its default pay type",
    description: "Opening an open code only sets the default `pay_type`.",
    body: OpenCodeInput,
    output: z.object({ pay_type: z.string() }),
    errors: [],
    requests: { wechat: { summary: "Pay by WeChat", value: { pay_type: "CT_WECHAT" } } },
    answers: { open: { summary: "Open", value: { pay_type: "CT_WECHAT" } } },
  },
  {
    id: "closeCode",
    method: "post",
    path: `${APP_API_PATH}/code/close`,
    tag: "app",
    summary: "Close the consumption code",
    description: "No code that was shown before pays any more.",
    body: CloseCodeInput,
    output: z.object({}),
    errors: [],
    requests: { close: { summary: "An empty object, or no body", value: {} } },
    answers: { closed: { summary: "Closed", value: {} } },
  },
  {
    id: "showCode",
    method: "post",
    path: `${APP_API_PATH}/code`,
    tag: "app",
    summary: "A fresh code for one minute",
    description: "To be shown as a QR code or Code 128 C. A new code does not end an earlier one.",
    body: IssueCodeInput,
    output: ShownCode,
    errors: ["CODE_NOT_OPEN"],
    requests: {
      byDefault: { summary: "The default pay type", value: {} },
      alipay: { summary: "Another for this code", value: { pay_type: "CT_ALIPAY" } },
    },
    answers: { code: { summary: "The code", value: { qrcode: "92000000000000000004", ...CODE } } },
  },
  {
    id: "watchPayment",
    method: "get",
    path: `${APP_API_PATH}/payments/{pay_id}`,
    tag: "app",
    summary: "What became of a code",
    description: "To be asked every second or two while the code is shown.",
    pathParameters: z.object({ pay_id: z.string() }),
    output: Watched,
    errors: ["CODE_NOT_FOUND"],
    answers: {
      waiting: { summary: "Nobody scanned it yet", value: { status: "WAITING", ...CODE } },
      paid: {
        summary: "Paid",
        value: {
          status: "PAID",
          ...CODE,
          merchant_id: MERCHANT.merchant_id,
          total_fee: LINE.total_fee,
          pay_out_trade_no: LINE.pay_out_trade_no,
        },
      },
      authorize: {
        summary: "The customer has to agree first",
        value: {
          status: "AUTHORIZE",
          ...CODE,
          merchant_id: MERCHANT.merchant_id,
          total_fee: LINE.total_fee,
          pay_out_trade_no: LINE.pay_out_trade_no,
          pay_err_code: "AGREEMENT_REQUIRED",
          pay_err_desc: PAY_ERRORS.AGREEMENT_REQUIRED.zh,
        },
      },
    },
  },
]

const agreementCalls: readonly DocumentedCall[] = [
  {
    id: "listAgreements",
    method: "get",
    path: `${APP_API_PATH}/agreements`,
    tag: "app",
    summary: "The customer's no-password agreements",
    description: "Those that have not ended, each for one merchant and one pay type.",
    output: z.object({ agreements: z.array(Agreement) }),
    errors: [],
    answers: {
      one: {
        summary: "One agreement",
        value: {
          agreements: [
            {
              id: "01K7H3S5V8Q2M4N6P8R0T2W4Y6",
              merchant_id: MERCHANT.merchant_id,
              pay_type: "CT_WECHAT",
              signed_at: "2026-09-01T02:11:40.000Z",
            },
          ],
        },
      },
    },
  },
  {
    id: "closeAgreement",
    method: "post",
    path: `${APP_API_PATH}/agreements/{id}/close`,
    tag: "app",
    summary: "End an agreement",
    description: "Payments that were begun go on; the next one asks for a new agreement.",
    pathParameters: z.object({ id: z.string() }),
    output: z.object({ id: z.string() }),
    errors: ["AGREEMENT_NOT_FOUND"],
    answers: { ended: { summary: "Ended", value: { id: "01K7H3S5V8Q2M4N6P8R0T2W4Y6" } } },
  },
]

const MEMBERSHIP = {
  ...MERCHANT,
  vip_status: "ACTIVE",
  status: "DONE",
  changed_at: "2026-10-14T04:00:00.000Z",
}
const AT_MERCHANT = { merchant: { summary: "The merchant", value: { merchant_id: MERCHANT.merchant_id } } }

const membershipCalls: readonly DocumentedCall[] = [
  {
    id: "openMembership",
    method: "post",
    path: `${APP_API_PATH}/memberships/open`,
    tag: "app",
    summary: "Become a merchant's member",
    description:
      "Tells the merchant uid and phone number and answers what it said, mostly within this call. With `PENDING` it is told " +
      "again and again by itself: list the memberships to see. Opening an open membership asks only where the merchant did not " +
      "say `ACTIVE`, at most once a minute.",
    body: MembershipInput,
    output: Membership,
    errors: ["MERCHANT_DISABLED", "MEMBERSHIP_NOT_OFFERED", "PHONE_REQUIRED", "TRY_AGAIN"],
    requests: AT_MERCHANT,
    answers: {
      active: { summary: "The merchant said so", value: MEMBERSHIP },
      pending: {
        summary: "The merchant does not answer at present",
        value: { ...MEMBERSHIP, vip_status: "UNACTIVE", status: "PENDING" },
      },
    },
  },
  {
    id: "leaveMembership",
    method: "post",
    path: `${APP_API_PATH}/memberships/leave`,
    tag: "app",
    summary: "Leave a merchant",
    description:
      "From then on the membership is `CLOSED` and the merchant hears of no new phone number, whatever it says of it.",
    body: MembershipInput,
    output: Membership,
    errors: ["MEMBERSHIP_NOT_FOUND", "TRY_AGAIN"],
    requests: AT_MERCHANT,
    answers: { left: { summary: "Left", value: { ...MEMBERSHIP, vip_status: "CLOSED" } } },
  },
  {
    id: "listMemberships",
    method: "get",
    path: `${APP_API_PATH}/memberships`,
    tag: "app",
    summary: "The customer's memberships",
    description: "All that were ever opened, the ones that were left too.",
    output: z.object({ memberships: z.array(Membership) }),
    errors: [],
    answers: { one: { summary: "One membership", value: { memberships: [MEMBERSHIP] } } },
  },
]

const MASKED = { phone: "138****1234" }

const phoneCalls: readonly DocumentedCall[] = [
  {
    id: "setPhone",
    method: "post",
    path: `${APP_API_PATH}/phone`,
    tag: "app",
    summary: "Set or change the customer's phone number",
    description:
      "Where the token carries `phone_number` and `phone_number_verified` (OpenID Connect), it has to be that number; in " +
      "production every token must. All merchants whose member the customer is are told of a new one, by themselves.",
    body: SetPhoneInput,
    output: z.object({ phone: z.string() }),
    errors: ["PHONE_NOT_VERIFIED", "PHONE_TAKEN", "TRY_AGAIN"],
    requests: {
      mainland: { summary: "A mainland mobile number", value: { phone: "13800001234" } },
      international: { summary: "Any other, in E.164", value: { phone: "+85290001234" } },
    },
    answers: { set: { summary: "Set", value: MASKED } },
  },
  {
    id: "readPhone",
    method: "get",
    path: `${APP_API_PATH}/phone`,
    tag: "app",
    summary: "The customer's phone number, masked",
    description: "Nothing where none was set.",
    output: z.object({ phone: z.string().optional() }),
    errors: [],
    answers: { set: { summary: "Set", value: MASKED }, none: { summary: "Never set", value: {} } },
  },
]

const recordCalls: readonly DocumentedCall[] = [
  {
    id: "listRecords",
    method: "get",
    path: `${APP_API_PATH}/records`,
    tag: "app",
    summary: "Consumption records, newest first",
    description: "`next` of an answer is `before` of the call for the page after it; the last page has none.",
    queryParameters: RecordsInput,
    output: z.object({ records: z.array(RecordLine), next: z.string().optional() }),
    errors: [],
    answers: {
      page: {
        summary: "A page with another after it",
        value: { records: [LINE], next: `1791950403000#${LINE.pay_out_trade_no}` },
      },
    },
  },
  {
    id: "readRecord",
    method: "get",
    path: `${APP_API_PATH}/records/{pay_out_trade_no}`,
    tag: "app",
    summary: "One consumption record",
    description: "An order of the customer's, as its merchant sees it, and what was bought where.",
    pathParameters: RecordInput,
    output: RecordDetail,
    errors: ["ORDER_NOT_FOUND"],
    answers: {
      paid: {
        summary: "Paid",
        value: {
          ...LINE,
          out_request_no: "till7-000123",
          uid: "U10001",
          pay_date: "20261014",
          pay_time: "20261014120003",
          pay_coupon_fee: 0,
          pay_type_trade_no: "4200000000000000000000000001",
          body: "地铁站便利店 午餐",
          store_id: "SZTX001",
        },
      },
    },
  },
]

export const APP_CALLS: readonly DocumentedCall[] = [
  ...codeCalls,
  ...agreementCalls,
  ...membershipCalls,
  ...phoneCalls,
  ...recordCalls,
]

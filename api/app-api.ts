/** What the customer's app sends and gets (contract §4). */
import * as z from "zod"
import { agreementPayType, merchantId, pageCursor, pageLimit, phone, tradeNo } from "./fields.ts"

export const APP_API_PATH = "/metro/payment/v1/app"

export const OpenCodeInput = z.strictObject({ pay_type: agreementPayType })
export const CloseCodeInput = z.strictObject({})
export const IssueCodeInput = z.strictObject({ pay_type: agreementPayType.optional() })

export const RecordsInput = z.strictObject({ limit: pageLimit.optional(), before: pageCursor.optional() })
export const RecordInput = z.strictObject({ pay_out_trade_no: tradeNo })

export const MembershipInput = z.strictObject({ merchant_id: merchantId })
export const ListMembershipsInput = z.strictObject({})
export const VipStatus = z.enum(["UNACTIVE", "ACTIVE", "CLOSED"])
/** Whether the merchant was told of what the customer wants. */
export const TellingStatus = z.enum(["PENDING", "DONE", "FAILED"])

export const SetPhoneInput = z.strictObject({ phone })
export const ReadPhoneInput = z.strictObject({})

export const PaymentStatus = z.enum([
  "WAITING",
  "AUTHORIZE",
  "PASSWORD",
  "PAYING",
  "PAID",
  "FAILED",
  "CLOSED",
  "EXPIRED",
])

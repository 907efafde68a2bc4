/** What the customer's app sends and gets (contract §4). */
import * as z from "zod"
import { agreementPayType, pageCursor, pageLimit, tradeNo } from "./fields.ts"

export const APP_API_PATH = "/metro/payment/v1/app"

export const OpenCodeInput = z.strictObject({ pay_type: agreementPayType })
export const CloseCodeInput = z.strictObject({})
export const IssueCodeInput = z.strictObject({ pay_type: agreementPayType.optional() })

export const RecordsInput = z.strictObject({ limit: pageLimit.optional(), before: pageCursor.optional() })
export const RecordInput = z.strictObject({ pay_out_trade_no: tradeNo })

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

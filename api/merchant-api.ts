/** What merchants send and get, with the field names of the source documents (requirements A7–A12, A17, A18). */
import * as z from "zod"
import {
  billDate,
  body,
  extraData,
  movementKind,
  notifyUrl,
  outRefundNo,
  outRequestNo,
  qrcode,
  refundFee,
  refundId,
  storeId,
  totalFee,
  tradeNo,
} from "./fields.ts"

export const MERCHANT_API_PATH = "/metro/payment/v1/api/qrcode"

export const ApplyPayInput = z.strictObject({
  out_request_no: outRequestNo,
  qrcode,
  body,
  total_fee: totalFee,
  extra_data: extraData.optional(),
  store_id: storeId,
  notify_url: notifyUrl.optional(),
})
export type ApplyPayInput = z.infer<typeof ApplyPayInput>

export const QueryUidInput = z.strictObject({ qrcode })
export type QueryUidInput = z.infer<typeof QueryUidInput>

/** One of the two is required; where both are given they must name the same order. */
export const OrderQueryInput = z.strictObject({
  out_request_no: outRequestNo.optional(),
  pay_out_trade_no: tradeNo.optional(),
})
export type OrderQueryInput = z.infer<typeof OrderQueryInput>

export const PayStatus = z.enum(["PS_SUCCESS", "PS_PAYING", "PS_FAILED", "PS_CLOSED"])

/** Values that are not known yet are absent. */
export const OrderOutput = z.object({
  pay_status: PayStatus,
  out_request_no: z.string(),
  pay_out_trade_no: z.string(),
  /** Absent where the number was closed before it was ever used. */
  total_fee: z.int().optional(),
  pay_date: z.string().optional(),
  pay_time: z.string().optional(),
  pay_coupon_fee: z.int().optional(),
  pay_err_code: z.string().optional(),
  pay_err_desc: z.string().optional(),
  uid: z.string().optional(),
  pay_type: z.string().optional(),
  pay_type_trade_no: z.string().optional(),
  final_by: z.string().optional(),
})
export type OrderOutput = z.infer<typeof OrderOutput>

export const QueryUidOutput = z.object({ uid: z.string() })

export const ReverseInput = OrderQueryInput
export type ReverseInput = z.infer<typeof ReverseInput>

/** `recall` Y: not certain yet; the platform goes on by itself, and the merchant may call again to hear. */
export const ReverseOutput = z.object({
  recall: z.enum(["Y", "N"]),
  pay_out_trade_no: z.string(),
  out_request_no: z.string(),
  reverse_date: z.string().optional(),
  reverse_time: z.string().optional(),
})
export type ReverseOutput = z.infer<typeof ReverseOutput>

/** One of the order's two numbers is required. The refund's own number is the merchant's, used for nothing else. */
export const RefundInput = z.strictObject({
  out_request_no: outRequestNo.optional(),
  pay_out_trade_no: tradeNo.optional(),
  out_refund_no: outRefundNo,
  refund_fee: refundFee,
  notify_url: notifyUrl.optional(),
})
export type RefundInput = z.infer<typeof RefundInput>

/** One of the two is required; where both are given they must name the same refund. */
export const RefundQueryInput = z.strictObject({
  out_refund_no: outRefundNo.optional(),
  pay_refund_id: refundId.optional(),
})
export type RefundQueryInput = z.infer<typeof RefundQueryInput>

export const RefundStatus = z.enum(["RS_SUCCESS", "RS_PROCESSING", "RS_FAILED"])

/** Date and time are those of its end; values that are not known yet are absent. */
export const RefundOutput = z.object({
  pay_refund_status: RefundStatus,
  out_request_no: z.string(),
  pay_out_trade_no: z.string(),
  out_refund_no: z.string(),
  pay_refund_id: z.string(),
  pay_refund_fee: z.int(),
  pay_refund_coupon_fee: z.int().optional(),
  total_fee: z.int(),
  refund_date: z.string().optional(),
  refund_time: z.string().optional(),
  refund_err_desc: z.string().optional(),
})
export type RefundOutput = z.infer<typeof RefundOutput>

/** `date`: the day of a bill, in the merchant's time zone. */
export const BillInput = z.strictObject({ date: billDate })
export type BillInput = z.infer<typeof BillInput>

/** Of one pay type. Amounts in fen; a payment that was reversed or refunded stands in both. */
export const BillInfo = z.object({
  pay_type: z.string(),
  total_count: z.int(),
  total_amount: z.int(),
  reverse_count: z.int(),
  reverse_amount: z.int(),
  refund_count: z.int(),
  refund_amount: z.int(),
})
export type BillInfo = z.infer<typeof BillInfo>

export const BillOutput = z.object({ date: z.string(), bill_infos: z.array(BillInfo) })
export type BillOutput = z.infer<typeof BillOutput>

export const BillDownloadInput = BillInput
export type BillDownloadInput = BillInput

/** What proves a file or a line of it: signed with the platform's root key, whose public half is in `merchant.json`. */
const billStatement = {
  statement: z.string(),
  statement_signature: z.string(),
  keyid: z.string(),
}

export const BillDownloadOutput = z.object({
  date: z.string(),
  url: z.string(),
  expires_at: z.string(),
  lines: z.int(),
  sha256: z.string(),
  merkle_root: z.string(),
  signature: z.string(),
  ...billStatement,
})
export type BillDownloadOutput = z.infer<typeof BillDownloadOutput>

/** One of the two numbers is required. Of an order's lines the payment is meant, unless `kind` says REVERSAL. */
export const BillProofInput = z.strictObject({
  date: billDate,
  pay_out_trade_no: tradeNo.optional(),
  pay_refund_id: refundId.optional(),
  kind: movementKind.optional(),
})
export type BillProofInput = z.infer<typeof BillProofInput>

/** `path`: hashes in hex from the line's neighbour up to the root, by RFC 6962; `index` counts lines from 0, without the header. */
export const BillProofOutput = z.object({
  date: z.string(),
  line: z.string(),
  index: z.int(),
  lines: z.int(),
  path: z.array(z.string()),
  ...billStatement,
})
export type BillProofOutput = z.infer<typeof BillProofOutput>

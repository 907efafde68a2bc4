/**
 * What is sent and what comes back, named exactly as on the wire. Amounts are integers in fen; dates are `yyyyMMdd`, times
 * `yyyyMMddHHmmss`, in the merchant's time zone; values that are not known yet are absent.
 */
import type * as wire from "../api/merchant-api.ts"

/** The client makes `out_request_no` where it is left out. The same number never charges twice. */
export type ApplyPayInput = Omit<wire.ApplyPayInput, "out_request_no"> & { out_request_no?: string }

export type OrderRef = { out_request_no: string } | { pay_out_trade_no: string }

export type Payment = wire.OrderOutput
export type PayStatus = Payment["pay_status"]

export type QueryUidInput = wire.QueryUidInput
export type QueryUidOutput = { uid: string }

export type Reversal = wire.ReverseOutput

/** The client makes `out_refund_no` where it is left out. The same number moves money once. */
export type RefundInput = OrderRef &
  Omit<wire.RefundInput, "out_request_no" | "pay_out_trade_no" | "out_refund_no"> & { out_refund_no?: string }

export type RefundRef = { out_refund_no: string } | { pay_refund_id: string }

export type Refund = wire.RefundOutput

/** Totals of a day, and the file of its transactions (A12, A18). */
export type BillDay = wire.BillInput
export type Bill = wire.BillOutput
export type BillDownload = wire.BillDownloadOutput
/** Of an order's two lines the payment is meant, unless `kind` says REVERSAL. */
export type BillLineRef = { date: string } & (
  | { pay_out_trade_no: string; kind?: "PAYMENT" | "REVERSAL" }
  | { pay_refund_id: string }
)
export type BillProof = wire.BillProofOutput

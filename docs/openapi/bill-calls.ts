import {
  BillDownloadInput,
  BillDownloadOutput,
  BillInput,
  BillOutput,
  BillProofInput,
  BillProofOutput,
  MERCHANT_API_PATH,
} from "../../api/merchant-api.ts"
import type { DocumentedCall } from "./documented-call.ts"

const DAY = { date: "20261014" }
const SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
const ROOT = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
const STATEMENT = {
  statement: `metro-pay bill v1\nmerchant: M10001\ndate: ${DAY.date}\nlines: 2\nsha256: ${SHA256}\nmerkle_root: ${ROOT}`,
  statement_signature: "pL5v…==",
  keyid: "root",
}
const TRADE_NO = "92243371668935635577005983"

const bill: DocumentedCall = {
  id: "bill",
  method: "post",
  path: `${MERCHANT_API_PATH}/bill`,
  tag: "bills",
  summary: "What a day came to",
  description:
    "Counts and amounts by pay type. A payment that was reversed or refunded stands in both; a reversed order that was never " +
    "paid in none. A day's bill is made at two in the morning after it.",
  body: BillInput,
  output: BillOutput,
  errors: ["BILL_NOT_READY"],
  requests: { day: { summary: "A day of the merchant's time zone", value: DAY } },
  answers: {
    totals: {
      summary: "Two payments, one of them reversed",
      value: {
        ...DAY,
        bill_infos: [
          {
            pay_type: "CT_WECHAT",
            total_count: 2,
            total_amount: 1900,
            reverse_count: 1,
            reverse_amount: 700,
            refund_count: 0,
            refund_amount: 0,
          },
        ],
      },
    },
    nothing: { summary: "Nothing moved", value: { ...DAY, bill_infos: [] } },
  },
}

const billDownload: DocumentedCall = {
  id: "billDownload",
  method: "post",
  path: `${MERCHANT_API_PATH}/billdownload`,
  tag: "bills",
  summary: "The day's transactions as a file",
  description:
    "`url` fetches it for five minutes, without a signature of yours. UTF-8 CSV with a header, a line for each movement; it never changes. " +
    "`signature` is the root key's, over the file's bytes (RSASSA-PKCS1-v1_5, SHA-256).",
  body: BillDownloadInput,
  output: BillDownloadOutput,
  errors: ["BILL_NOT_READY"],
  requests: { day: { summary: "A day of the merchant's time zone", value: DAY } },
  answers: {
    file: {
      summary: "Where it is",
      value: {
        ...DAY,
        url: "https://bills.example.com/bills/M10001/20261014.csv?X-Amz-Signature=…",
        expires_at: "2026-10-15T01:05:00.000Z",
        lines: 2,
        sha256: SHA256,
        merkle_root: ROOT,
        signature: "wWz0…==",
        ...STATEMENT,
      },
    },
  },
}

const billProof: DocumentedCall = {
  id: "billProof",
  method: "post",
  path: `${MERCHANT_API_PATH}/billproof`,
  tag: "bills",
  summary: "Proof that a movement stands in the bill",
  description:
    "By `pay_refund_id`, or by `pay_out_trade_no` and `kind` (`PAYMENT` unless it says `REVERSAL`). Line and path lead to the " +
    "`merkle_root` of the statement, by RFC 6962, and the statement is signed with the root key: who has it needs neither the " +
    "file nor the platform.",
  body: BillProofInput,
  output: BillProofOutput,
  errors: ["BILL_NOT_READY", "ORDER_NOT_FOUND", "REFUND_NOT_FOUND"],
  requests: {
    payment: { summary: "A payment", value: { ...DAY, pay_out_trade_no: TRADE_NO } },
    refund: { summary: "A refund", value: { ...DAY, pay_refund_id: "31415926535897932384626433" } },
  },
  answers: {
    proof: {
      summary: "The first of two lines",
      value: {
        ...DAY,
        line: `20261014,20261014120003,PAYMENT,CT_WECHAT,1200,0,0,SZTX001,till7-000123,${TRADE_NO},,,4200000000000000000000000001,,20261014120003,`,
        index: 0,
        lines: 2,
        path: ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"],
        ...STATEMENT,
      },
    },
  },
}

export const BILL_CALLS: readonly DocumentedCall[] = [bill, billDownload, billProof]

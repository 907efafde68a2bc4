/**
 * What WeChat's answers to a reverse, a refund and a refund's query mean. "Refused" and "not found" need a definite code;
 * every other answer that does not clearly say what happened is unknown: the same call is sent again under the same number.
 */
import * as z from "zod"
import type { ReturnOutcome, ReverseOutcome } from "../../domain/charge-outcome.ts"
import type { ReturnRequest } from "../../usecases/ports.ts"
import { errorCodeIn, jsonIn, unknown, type WechatAnswer } from "./codec.ts"

const ABSENT: ReadonlySet<string> = new Set(["ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"])

/**
 * Words for: nothing was taken under this number, and nothing will be. The agreement product says "closed" only of what was
 * never paid, since what was paid answers ORDERPAID (https://pay.weixin.qq.com/doc/global/v3/en/4012356623).
 */
const UNDONE_BEFORE: ReadonlySet<string> = new Set(["ORDER_REVERSED", "ORDERCLOSED", "ORDER_CLOSED"])

/** The order can no longer, or not by this merchant, be undone by a reverse; a refund may still do it. */
const REVERSE_REFUSALS: ReadonlySet<string> = new Set([
  "ORDERPAID",
  "ORDER_PAID",
  "REVERSE_EXPIRE",
  "TRADE_ERROR",
  "TRADE_STATE_ERROR",
  "INVALID_TRANSACTIONID",
  "INVALID_REQUEST",
  "PARAM_ERROR",
  "NO_AUTH",
  "NOAUTH",
])

/** No money goes back on this request, and the same request would not fare better by itself. */
const REFUND_REFUSALS: ReadonlySet<string> = new Set([
  "NOT_ENOUGH",
  "NOTENOUGH",
  "USER_ACCOUNT_ABNORMAL",
  "REFUND_FEE_MISMATCH",
  "TRADE_OVERDUE",
  "TRADE_STATE_ERROR",
  "INVALID_TRANSACTIONID",
  "INVALID_REQUEST",
  "REQUEST_BLOCKED",
  "PARAM_ERROR",
  "NO_AUTH",
  "NOAUTH",
  "MCH_NOT_EXISTS",
])

/** Said, too, of refunds of one payment that follow each other within a minute. */
const PERHAPS_LATER: ReadonlySet<string> = new Set(["INVALID_REQUEST"])

const Reversed = z.object({ out_trade_no: z.string() })

const RefundBody = z.object({
  refund_id: z.string().optional(),
  out_refund_no: z.string(),
  out_trade_no: z.string(),
  status: z.string(),
  success_time: z.string().optional(),
  amount: z.object({
    total: z.int(),
    refund: z.int(),
    currency: z.string().optional(),
    /** What of it goes back to whoever granted a discount, not to the customer. */
    discount_refund: z.int().optional(),
  }),
})

/** Code payments answer with the number, the agreement product with a reverse of its own answers 204 without a body. */
export function decodeReverse(answer: WechatAnswer, channelOrderNo: string): ReverseOutcome {
  if (answer.status === 204) return { kind: "undone" }
  if (answer.status === 200) {
    const reversed = Reversed.safeParse(jsonIn(answer.body)).data
    return reversed?.out_trade_no === channelOrderNo ? { kind: "undone" } : unknown(answer, undefined)
  }
  const code = errorCodeIn(answer.body)
  if (isDefinite(answer) && code !== undefined && UNDONE_BEFORE.has(code)) return { kind: "undone" }
  return errorOutcome(answer, REVERSE_REFUSALS)
}

export function decodeRefund(answer: WechatAnswer, asked: ReturnRequest): ReturnOutcome {
  if (answer.status === 200) return refundIn(answer, asked)
  const outcome = errorOutcome(answer, REFUND_REFUSALS)
  const perhapsLater = outcome.kind === "refused" && PERHAPS_LATER.has(outcome.channelCode)
  return perhapsLater ? { ...outcome, perhapsLater } : outcome
}

/** An error here is about the asking, not about the refund: only "no such refund" says something of it. */
export function decodeRefundQuery(answer: WechatAnswer, asked: ReturnRequest): ReturnOutcome {
  return answer.status === 200 ? refundIn(answer, asked) : errorOutcome(answer, new Set())
}

/** An answer about another payment, refund or amount is no answer to this question. */
function refundIn(answer: WechatAnswer, asked: ReturnRequest): ReturnOutcome {
  const it = RefundBody.safeParse(jsonIn(answer.body)).data
  if (!it) return unknown(answer, undefined)
  const same =
    it.out_refund_no === asked.channelRefundNo &&
    it.out_trade_no === asked.channelOrderNo &&
    it.amount.total === asked.totalFen &&
    it.amount.refund === asked.amountFen &&
    (it.amount.currency ?? "CNY") === "CNY"
  if (!same) return { kind: "unknown", cause: "answer about another refund" }
  switch (it.status) {
    case "SUCCESS":
      return { kind: "returned", ...returnedFields(it) }
    case "PROCESSING":
      return { kind: "processing" }
    case "CLOSED":
      return { kind: "refused", channelCode: it.status, numberEnded: true }
    // The customer's card does not take it: WeChat holds the money until a person settles it in its console, and it is
    // SUCCESS then (https://pay.weixin.qq.com/doc/v3/merchant/4013071031).
    case "ABNORMAL":
      return { kind: "stuck", channelCode: it.status }
    default:
      return { kind: "unknown", cause: `refund status ${it.status}` }
  }
}

function returnedFields({ refund_id, success_time, amount }: z.infer<typeof RefundBody>) {
  const returnedAtMs = success_time === undefined ? Number.NaN : Date.parse(success_time)
  return {
    ...(refund_id === undefined ? {} : { channelRefundNo: refund_id }),
    ...(amount.discount_refund ? { couponFen: amount.discount_refund } : {}),
    ...(Number.isNaN(returnedAtMs) ? {} : { returnedAtMs }),
  }
}

type ErrorOutcome =
  | { kind: "notFound" }
  | { kind: "refused"; channelCode: string }
  | { kind: "unknown"; cause: string }

function errorOutcome(answer: WechatAnswer, refusals: ReadonlySet<string>): ErrorOutcome {
  const code = errorCodeIn(answer.body)
  if (code === undefined || !isDefinite(answer)) return unknown(answer, code)
  if (answer.status === 404 && ABSENT.has(code)) return { kind: "notFound" }
  return refusals.has(code) ? { kind: "refused", channelCode: code } : unknown(answer, code)
}

/** 429 and 5xx say nothing of what became of the request. */
function isDefinite({ status }: WechatAnswer): boolean {
  return status >= 400 && status < 500 && status !== 429
}

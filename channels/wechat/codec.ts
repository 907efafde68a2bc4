/**
 * What WeChat's answers mean. Only what its documents call a definite refusal is `declined`; every other answer that is no
 * clear "taken" is unknown and gets asked for. Sources: public documents of code payment, agreement payment and query.
 */
import * as z from "zod"
import type { PayErrorCode } from "../../domain/channel.ts"
import type { ChargeOutcome, QueryOutcome } from "../../domain/charge-outcome.ts"

/** An answer whose signature verified. */
export type WechatAnswer = { status: number; body: string }

const Transaction = z.object({
  mchid: z.string(),
  out_trade_no: z.string(),
  transaction_id: z.string().optional(),
  trade_state: z.string(),
  trade_state_desc: z.string().optional(),
  success_time: z.string().optional(),
  amount: z.object({ total: z.int(), payer_total: z.int().optional() }).optional(),
})

const ErrorBody = z.object({ code: z.string() })

/** Definite refusals. V3 writes words apart where V2 ran them together; both are met in the field. */
const DECLINES: ReadonlyMap<string, PayErrorCode> = new Map([
  ["NOTENOUGH", "BALANCE_INSUFFICIENT"],
  ["NOT_ENOUGH", "BALANCE_INSUFFICIENT"],
  ["AUTHCODEEXPIRE", "CODE_EXPIRED"],
  ["AUTH_CODE_EXPIRE", "CODE_EXPIRED"],
  ["AUTH_CODE_EXPIRED", "CODE_EXPIRED"],
  ["AUTH_CODE_INVALID", "CODE_INVALID"],
  ["AUTH_CODE_ERROR", "CODE_INVALID"],
  ["AUTH_CODE_USED", "CODE_USED"],
  ["CONTRACT_NOT_EXIST", "AGREEMENT_REQUIRED"],
  ["CONTRACT_NOT_EXISTED", "AGREEMENT_REQUIRED"],
  ["CONTRACT_ERROR", "AGREEMENT_REQUIRED"],
  ["CONTRACT_TERMINATED", "AGREEMENT_REQUIRED"],
  ["QUOTA_EXCEEDED", "LIMIT_EXCEEDED"],
  ["AMOUNT_LIMIT", "LIMIT_EXCEEDED"],
  ["TRADE_ERROR", "CHANNEL_REFUSED"],
  ["ORDER_REVERSED", "CHANNEL_REFUSED"],
  ["ACCOUNT_ERROR", "CHANNEL_REFUSED"],
  ["RULE_LIMIT", "CHANNEL_REFUSED"],
  ["RULELIMIT", "CHANNEL_REFUSED"],
  ["NO_AUTH", "CHANNEL_REFUSED"],
  ["NOAUTH", "CHANNEL_REFUSED"],
  ["PARAM_ERROR", "CHANNEL_REFUSED"],
  ["INVALID_REQUEST", "CHANNEL_REFUSED"],
  ["APPID_MCHID_NOT_MATCH", "CHANNEL_REFUSED"],
  ["MCH_NOT_EXISTS", "CHANNEL_REFUSED"],
  ["SIGN_ERROR", "CHANNEL_REFUSED"],
])

export type Asked = { mchid: string; channelOrderNo: string; amountFen?: number }

/** The answer to a charge. `accepted`: the product answers before it has a result. */
export function decodeCharge(
  answer: WechatAnswer,
  asked: Asked,
  product: "result" | "accepted",
): ChargeOutcome {
  if (answer.status >= 200 && answer.status < 300) {
    if (product === "accepted" && answer.status !== 202) return { kind: "pending", waitingFor: "channel" }
    const transaction = transactionIn(answer.body, asked)
    if (transaction) return chargeOutcome(transactionOutcome(transaction))
  }
  return errorOutcome(answer)
}

/** The answer to a query. */
export function decodeQuery(answer: WechatAnswer, asked: Asked): QueryOutcome {
  if (answer.status === 200) {
    const transaction = transactionIn(answer.body, asked)
    return transaction ? transactionOutcome(transaction) : unknown(answer, "unreadable")
  }
  const code = errorCodeIn(answer.body)
  const absent = code === "ORDER_NOT_EXIST" || code === "ORDERNOTEXIST" || code === "RESOURCE_NOT_EXISTS"
  return answer.status === 404 && absent ? { kind: "notFound" } : unknown(answer, code)
}

type TransactionBody = z.infer<typeof Transaction>

/** An answer about somebody else's order, or another amount, is no answer to this question. */
function transactionIn(body: string, asked: Asked): TransactionBody | undefined {
  const parsed = Transaction.safeParse(jsonIn(body))
  if (!parsed.success) return undefined
  const it = parsed.data
  if (it.mchid !== asked.mchid || it.out_trade_no !== asked.channelOrderNo) return undefined
  if (it.trade_state === "SUCCESS" && asked.amountFen !== undefined && it.amount?.total !== asked.amountFen) {
    return undefined
  }
  return it
}

function transactionOutcome(it: TransactionBody): QueryOutcome {
  switch (it.trade_state) {
    case "SUCCESS":
    case "REFUND": {
      if (!it.transaction_id) return { kind: "unknown", cause: "no transaction_id" }
      const couponFen = Math.max(
        0,
        (it.amount?.total ?? 0) - (it.amount?.payer_total ?? it.amount?.total ?? 0),
      )
      const paidAtMs = it.success_time === undefined ? Number.NaN : Date.parse(it.success_time)
      const charged = {
        channelTradeNo: it.transaction_id,
        couponFen,
        ...(Number.isNaN(paidAtMs) ? {} : { paidAtMs }),
      }
      return it.trade_state === "SUCCESS" ? { kind: "charged", ...charged } : { kind: "returned", ...charged }
    }
    case "USERPAYING":
      return { kind: "pending", waitingFor: "password" }
    case "ACCEPT":
    case "NOTPAY":
      return { kind: "pending", waitingFor: "channel" }
    case "PAYERROR":
    case "PAY_FAIL":
      return { kind: "declined", code: declineReason(it.trade_state_desc ?? ""), channelCode: it.trade_state }
    case "CLOSED":
    case "REVOKED":
      return { kind: "closed" }
    default:
      return { kind: "unknown", cause: `trade_state ${it.trade_state}` }
  }
}

/** Of a payment that was accepted and then failed, the reason stands only in words meant for people. */
function declineReason(description: string): PayErrorCode {
  if (description.includes("余额不足")) return "BALANCE_INSUFFICIENT"
  if (description.includes("限额")) return "LIMIT_EXCEEDED"
  return "CHANNEL_REFUSED"
}

/** A charge can be told less than a query: what was closed or returned is left to be asked for. */
function chargeOutcome(outcome: QueryOutcome): ChargeOutcome {
  if (outcome.kind === "notFound" || outcome.kind === "closed" || outcome.kind === "returned") {
    return { kind: "unknown", cause: outcome.kind }
  }
  return outcome
}

function errorOutcome(answer: WechatAnswer): ChargeOutcome {
  const code = errorCodeIn(answer.body)
  if (code === "USERPAYING" || code === "USER_PAYING") return { kind: "pending", waitingFor: "password" }
  const declined =
    code !== undefined && answer.status >= 400 && answer.status < 500 ? DECLINES.get(code) : undefined
  return declined && code ? { kind: "declined", code: declined, channelCode: code } : unknown(answer, code)
}

export function unknown(answer: WechatAnswer, code: string | undefined): { kind: "unknown"; cause: string } {
  return { kind: "unknown", cause: `${answer.status} ${code ?? "unreadable"}` }
}

export function errorCodeIn(body: string): string | undefined {
  return ErrorBody.safeParse(jsonIn(body)).data?.code
}

export function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

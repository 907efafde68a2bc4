import type { Fen } from "../../../domain/money.ts"
import { type Answer, parameterError } from "./answers.ts"
import { type BodyReader, readBody } from "./body-reader.ts"

/** A parsed body, or the answer that refuses it. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; answer: Answer }

export type ChargeBody = {
  appid: string
  mchid?: string
  description: string
  outTradeNo: string
  attach?: string
  notifyUrl?: string
  totalFen: Fen
}
export type CodeChargeBody = ChargeBody & { mchid: string; authCode: string }
export type ContractChargeBody = ChargeBody & { contractId: string }
export type ReverseBody = { appid?: string; mchid: string }
export type RefundBody = {
  transactionId?: string
  outTradeNo?: string
  outRefundNo: string
  refundFen: Fen
  totalFen: Fen
}

/** https://pay.weixin.qq.com/doc/v3/merchant/4012382150 */
export function parseCodeCharge(body: string): Parsed<CodeChargeBody> {
  return parse(body, (fields) => {
    fields.object("scene_info")
    fields.optionalText("scene_info.device_ip", { maxBytes: 45 })
    if (fields.has("scene_info.store_info")) fields.text("scene_info.store_info.id", { maxBytes: 32 })
    return {
      ...chargeFields(fields),
      mchid: fields.text("mchid", { maxBytes: 32 }),
      authCode: fields.text("payer.auth_code", { maxBytes: 32 }),
    }
  })
}

/**
 * Both agreement products: https://pay.weixin.qq.com/docs/partner/apis/entrusted-payment/partner/partner-create-transaction.html
 * (its form for merchants has the same fields and takes the merchant from the signature) and
 * https://pay.weixin.qq.com/doc/global/v3/zh/4013015482. The first calls the address for results
 * `transaction_notify_url`, the second `notify_url`; either name is taken. WeChat wants one; without one nobody is notified here.
 */
export function parseContractCharge(body: string): Parsed<ContractChargeBody> {
  return parse(body, (fields) => ({
    ...chargeFields(fields),
    contractId: fields.text("contract_id", { maxBytes: 64 }),
  }))
}

/** https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/reverse.html */
export function parseReverse(body: string): Parsed<ReverseBody> {
  return parse(body, (fields) => ({
    appid: fields.optionalText("appid", { maxBytes: 32 }),
    mchid: fields.text("mchid", { maxBytes: 32 }),
  }))
}

/** https://pay.weixin.qq.com/doc/v3/partner/4012709253 (a merchant's own call leaves out `sub_mchid`). */
export function parseRefund(body: string): Parsed<RefundBody> {
  return parse(body, (fields) => {
    const transactionId = fields.optionalText("transaction_id", { maxBytes: 32 })
    const outTradeNo = fields.optionalText("out_trade_no", { maxBytes: 32 })
    if (transactionId === undefined && outTradeNo === undefined) {
      fields.refuse("transaction_id", "与out_trade_no二选一")
    }
    fields.optionalText("reason", { maxBytes: 80 })
    if (!fields.has("amount.currency")) fields.refuse("amount.currency", "必填")
    fields.onlyYuan("amount.currency")
    return {
      transactionId,
      outTradeNo,
      outRefundNo: fields.text("out_refund_no", { maxBytes: 64, pattern: /^[0-9A-Za-z_\-|*@]+$/ }),
      refundFen: fields.fen("amount.refund"),
      totalFen: fields.fen("amount.total"),
    }
  })
}

/** Length of the number: 6 to 32 characters (https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter3_4_3.shtml). */
function chargeFields(fields: BodyReader): ChargeBody {
  fields.onlyYuan("amount.currency")
  return {
    appid: fields.text("appid", { maxBytes: 32 }),
    mchid: fields.optionalText("mchid", { maxBytes: 32 }),
    description: fields.text("description", { maxBytes: 127 }),
    outTradeNo: fields.text("out_trade_no", { maxBytes: 32, pattern: /^[0-9A-Za-z_\-|*]{6,}$/ }),
    attach: fields.optionalText("attach", { maxBytes: 128 }),
    notifyUrl:
      fields.optionalText("transaction_notify_url", { maxBytes: 256 }) ??
      fields.optionalText("notify_url", { maxBytes: 256 }),
    totalFen: fields.fen("amount.total"),
  }
}

function parse<T>(body: string, read: (fields: BodyReader) => T): Parsed<T> {
  const fields = readBody(body)
  const value = read(fields)
  const problem = fields.problem()
  return problem ? { ok: false, answer: parameterError(problem.field, problem.issue) } : { ok: true, value }
}

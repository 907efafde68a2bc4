import { createHash } from "node:crypto"
import type { Fen } from "../../../domain/money.ts"
import { type Answer, beijingTime, refusal } from "./answers.ts"
import { busyUntil, endingOf, lateChargeAt, moneyTakenAt } from "./endings.ts"
import { isHidden, isPaid, type Order, type Product, type TradeState, tradeStateOf } from "./order.ts"
import type { Orders } from "./orders.ts"
import type { ChargeBody, CodeChargeBody, ContractChargeBody } from "./requests.ts"

/** Who signed the call, when it came, and what the channel remembers. */
export type Call = { orders: Orders; mchid: string; nowMs: number; speed: number }

/** AUTH: https://pay.weixin.qq.com/doc/global/v3/zh/4013015482, PAP: https://pay.weixin.qq.com/doc/v2/merchant/4011984781 */
const TRADE_TYPE: Readonly<Record<Product, string>> = {
  codepay: "MICROPAY",
  papayApply: "PAP",
  papayAtOnce: "AUTH",
}

const STATE_TEXT: Readonly<Record<TradeState, string>> = {
  SUCCESS: "支付成功",
  REFUND: "转入退款",
  CLOSED: "已关闭",
  REVOKED: "已撤销",
  USERPAYING: "需要用户输入支付密码",
  PAYERROR: "支付失败，用户余额不足",
}

/** What WeChat calls money that came from no bank. */
const BANK_TYPE = "OTHERS"

/** A code that WeChat issues. */
const AUTH_CODE = /^1[0-5]\d{16}$/

export function chargeByCode(call: Call, body: CodeChargeBody): Answer {
  const contentHash = contentHashOf("codepay", body, body.authCode)
  const known = call.orders.find(call.mchid, body.outTradeNo)
  if (known) return chargedBefore(call, known, contentHash)
  if (!AUTH_CODE.test(body.authCode)) return refusal("AUTH_CODE_INVALID")
  const codeHash = hash(body.authCode)
  // A code pays once; a used one is told apart from an expired one by the text only.
  if (call.orders.codeIsUsed(codeHash)) return refusal("AUTH_CODE_EXPIRE", "付款码已使用，请用户刷新后重试")
  return place(call, "codepay", body, { contentHash, openid: `o${codeHash.slice(0, 27)}`, codeHash })
}

export function chargeByContract(
  call: Call,
  product: "papayApply" | "papayAtOnce",
  body: ContractChargeBody,
): Answer {
  const contentHash = contentHashOf(product, body, body.contractId)
  const known = call.orders.find(call.mchid, body.outTradeNo)
  if (known) return chargedBefore(call, known, contentHash)
  const contract = call.orders.contract(body.contractId)
  if (contract?.mchid !== call.mchid || contract.ended) return refusal("CONTRACT_NOT_EXIST")
  return place(call, product, body, { contentHash, openid: contract.openid })
}

/** A new order: on the books first, then the answer that its ending asks for. */
function place(
  call: Call,
  product: Product,
  body: ChargeBody,
  payer: { contentHash: string; openid: string; codeHash?: string },
): Answer {
  const { orders, mchid, nowMs, speed } = call
  const { appid, outTradeNo, attach, notifyUrl, totalFen } = body
  const ending = endingOf(totalFen)
  if (ending === "neverArrives") return "silence"
  const order = orders.create(
    {
      mchid,
      appid,
      outTradeNo,
      transactionId: orders.nextTransactionId(),
      product,
      amountFen: totalFen,
      openid: payer.openid,
      attach,
      notifyUrl,
      contentHash: payer.contentHash,
      ending,
      createdAtMs: nowMs,
      moneyAtMs: moneyTakenAt(ending, nowMs, speed),
      busyUntilMs: busyUntil(ending, nowMs, speed),
    },
    payer.codeHash,
  )
  if (ending === "paysWithoutAnswer" || ending === "paysAfterFirstReverse") return "silence"
  if (ending === "paysAndAnswersError") return refusal("SYSTEM_ERROR")
  return standingOf(order, nowMs)
}

/** Money is taken at most once for a number: the same content again is only told how that order stands. */
function chargedBefore(call: Call, order: Order, contentHash: string): Answer {
  if (order.contentHash !== contentHash) return refusal("OUT_TRADE_NO_USED")
  return isHidden(order) ? "silence" : standingOf(order, call.nowMs)
}

/**
 * What a charge hears of its order. The product without an immediate result only ever says that it was accepted, with
 * the two fields of its documented answer; even a balance too small shows in the query only
 * (https://pay.weixin.qq.com/doc/v3/merchant/4013388429, "rules").
 */
function standingOf(order: Order, nowMs: number): Answer {
  if (isBusy(order, nowMs)) return refusal("SYSTEM_ERROR")
  if (order.reversedAtMs !== undefined) return refusal("ORDER_REVERSED")
  if (order.product === "papayApply") {
    const amount = { total: order.amountFen, currency: "CNY" }
    return { status: 200, body: { out_trade_no: order.outTradeNo, amount } }
  }
  const state = tradeStateOf(order, nowMs)
  if (state === "USERPAYING") return refusal("USERPAYING")
  if (state === "PAYERROR") return refusal("NOTENOUGH")
  return { status: 200, body: transaction(order, nowMs) }
}

export function query(call: Call, outTradeNo: string): Answer {
  const order = call.orders.find(call.mchid, outTradeNo)
  if (!order || isHidden(order)) return refusal("ORDER_NOT_EXIST")
  if (isBusy(order, call.nowMs)) return refusal("SYSTEM_ERROR")
  return { status: 200, body: transaction(order, call.nowMs) }
}

/**
 * Undoes an order: unpaid, it is closed for good; paid, its money goes back
 * (https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/reverse.html). Again: the same answer.
 */
export function reverse(call: Call, outTradeNo: string): Answer {
  const { orders, mchid, nowMs, speed } = call
  const order = orders.find(mchid, outTradeNo)
  if (!order) return refusal("ORDER_NOT_EXIST")
  if (isHidden(order)) {
    orders.letChargeArrive(order, lateChargeAt(nowMs, speed))
    return "silence"
  }
  if (order.ending === "paysAfterFirstReverse" && !isPaid(order, nowMs)) {
    // The charge is about to arrive and cannot be stopped; WeChat asks to call again after an error.
    return refusal("SYSTEM_ERROR")
  }
  if (order.reversedAtMs === undefined) {
    if (timesOutOnce(orders, order, `reverse ${order.transactionId}`)) return "silence"
    orders.reverse(order, nowMs)
  }
  const { appid } = order
  return { status: 200, body: { appid, mchid, out_trade_no: outTradeNo } }
}

/**
 * The reverse of the agreement product with an immediate result closes only; what is paid wants a refund
 * (https://pay.weixin.qq.com/doc/global/v3/en/4012356623). It answers without a body.
 */
export function closeUnpaid(call: Call, outTradeNo: string): Answer {
  const { orders, mchid, nowMs } = call
  const order = orders.find(mchid, outTradeNo)
  if (order?.reversedAtMs !== undefined) return refusal("ORDERCLOSED")
  if (order && isPaid(order, nowMs)) {
    return timesOutOnce(orders, order, `reverse ${order.transactionId}`) ? "silence" : refusal("ORDERPAID")
  }
  const answer = reverse(call, outTradeNo)
  return answer === "silence" || answer.status !== 200 ? answer : { status: 204 }
}

/** The first reverse, and the first call for each refund, of an order that ends in 910 does nothing and is not answered. */
export function timesOutOnce(orders: Orders, order: Order, undo: string): boolean {
  if (order.ending !== "paysAndUndoTimesOutOnce" || orders.undoWasIgnored(undo)) return false
  orders.ignoreUndo(undo)
  return true
}

function isBusy(order: Order, nowMs: number): boolean {
  return order.busyUntilMs !== undefined && nowMs < order.busyUntilMs
}

/** https://pay.weixin.qq.com/doc/v3/merchant/4012556352: what only a payment has is left out before it. */
function transaction(order: Order, nowMs: number): Readonly<Record<string, unknown>> {
  const { appid, mchid, outTradeNo, product, amountFen, attach, moneyAtMs } = order
  const state = tradeStateOf(order, nowMs)
  const open = {
    appid,
    mchid,
    out_trade_no: outTradeNo,
    trade_type: TRADE_TYPE[product],
    trade_state: state,
    trade_state_desc: STATE_TEXT[state],
  }
  if (moneyAtMs === undefined || !isPaid(order, nowMs)) {
    return { ...open, amount: { total: amountFen, currency: "CNY" } }
  }
  return {
    ...open,
    transaction_id: order.transactionId,
    bank_type: BANK_TYPE,
    attach,
    success_time: beijingTime(moneyAtMs),
    payer: { openid: order.openid },
    amount: paidAmount(amountFen),
  }
}

/** The transaction as it stood when it was paid, whatever became of it since. */
export function transactionAsPaid(order: Order, paidAtMs: number): Readonly<Record<string, unknown>> {
  const state = { trade_state: "SUCCESS", trade_state_desc: STATE_TEXT.SUCCESS }
  return { ...transaction(order, paidAtMs), ...state }
}

/** Nobody gives discounts here: the customer pays what was asked. */
function paidAmount(totalFen: Fen) {
  return { total: totalFen, payer_total: totalFen, currency: "CNY", payer_currency: "CNY" }
}

/** What must be the same for a number to be the same charge. */
function contentHashOf(product: Product, body: ChargeBody, payer: string): string {
  return hash(
    JSON.stringify([product, body.appid, body.description, body.attach ?? "", body.totalFen, payer]),
  )
}

/** Codes stand in the books as hashes only: nobody needs the digits again. */
function hash(content: string): string {
  return createHash("sha256").update(content).digest("base64url")
}

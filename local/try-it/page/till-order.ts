/** An order as the till knows it: from nothing but the answers to its own signed calls. */
import type { Payment, Reversal } from "../../../sdk/messages.ts"
import type { Exchange } from "../wire.ts"
import type { Word } from "./words-zh.ts"

export type ApplyPay = {
  out_request_no: string
  qrcode: string
  body: string
  total_fee: number
  store_id: string
}

export type TillOrder = {
  merchantId: string
  input: ApplyPay
  begunAtMs: number
  /** Oldest first. */
  calls: Exchange[]
  /** The platform's last word about the payment. */
  payment?: Payment
  /** The first call was refused with this code: there is no order. */
  refused?: { code: string; message: string }
  /** The last call brought nothing that can be trusted. */
  unknown: boolean
  /** It was PS_SUCCESS once. */
  wasPaid: boolean
  /** "asked": the answer was `recall` Y, it is being undone. */
  reversal?: "asked" | "done"
  note?: Note
}

/** Said below the result until the next call, in whichever language is on. */
export type Note = { word: Word; values: Readonly<Record<string, string>> }

export function newTillOrder(merchantId: string, input: ApplyPay, begunAtMs: number): TillOrder {
  return { merchantId, input, begunAtMs, calls: [], unknown: false, wasPaid: false }
}

/** What an exchange says. "nothing": no trusted answer, so the result is unknown. */
export type Heard =
  | { kind: "data"; data: unknown }
  | { kind: "refusal"; code: string; message: string; status: number }
  | { kind: "nothing" }

export function heardIn({ answer, trust }: Exchange): Heard {
  if (!answer || !trust.ok) return { kind: "nothing" }
  const envelope = JSON.parse(answer.body) as { code: string; message?: string; data?: unknown }
  if (envelope.code === "SUCCESS") return { kind: "data", data: envelope.data }
  return { kind: "refusal", code: envelope.code, message: envelope.message ?? "", status: answer.status }
}

/** Takes in what became of one call. A refusal of a query or a reversal says nothing new about the payment. */
export function takeIn(order: TillOrder, exchange: Exchange): Heard {
  order.calls.push(exchange)
  const heard = heardIn(exchange)
  const faulty = heard.kind === "refusal" && heard.status >= 500 && heard.code !== "TRY_AGAIN"
  // "Not found" is not final after a call that was lost: it may still be on its way.
  const notYetSeen = heard.kind === "refusal" && exchange.name !== "applypay" && !order.payment
  order.unknown = heard.kind === "nothing" || faulty || notYetSeen
  if (heard.kind === "data") {
    order.refused = undefined
    if (exchange.name === "reverse") takeReversal(order, heard.data as Reversal)
    else takePayment(order, heard.data as Payment)
  }
  if (heard.kind === "refusal" && !faulty) takeRefusal(order, exchange.name, heard)
  return heard
}

function takePayment(order: TillOrder, payment: Payment): void {
  order.payment = payment
  if (payment.pay_status === "PS_SUCCESS") order.wasPaid = true
}

function takeReversal(order: TillOrder, { recall }: Reversal): void {
  order.reversal = recall === "Y" ? "asked" : "done"
}

function takeRefusal(
  order: TillOrder,
  name: Exchange["name"],
  { code, message }: { code: string; message: string },
): void {
  if (name === "reverse" && code !== "TRY_AGAIN") order.reversal = undefined
  if (name === "applypay" && !order.payment) order.refused = { code, message }
}

/** Nothing more will come by itself. After a reversal the last word is what a query says. */
export function isSettled(order: TillOrder): boolean {
  if (order.refused && !order.payment) return true
  if (order.unknown || !order.payment || order.reversal === "asked") return false
  if (order.reversal === "done") return isClosed(order.payment)
  return order.payment.pay_status !== "PS_PAYING"
}

/** applypay calls a closed order failed, orderquery calls it closed. */
export function isClosed({ pay_status, pay_err_code }: Payment): boolean {
  return pay_status === "PS_CLOSED" || (pay_status === "PS_FAILED" && pay_err_code === "ORDER_CLOSED")
}

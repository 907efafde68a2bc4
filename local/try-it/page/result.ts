/** The till's display: one big word, what it means, and what to do next. */
import { say, sayIfKnown } from "./language.ts"
import { payErrorText } from "./pay-error-text.ts"
import { minutesLeft, platformNowMs, timeOfDay } from "./platform-time.ts"
import { isClosed, type TillOrder } from "./till-order.ts"
import { formatYuan } from "./yuan.ts"

export type Tone = "idle" | "busy" | "good" | "bad" | "over"
export type Result = { tone: Tone; mark: string; title: string; lines: string[]; amountFen?: number }

export function resultOf(order: TillOrder | undefined): Result {
  if (!order) return { tone: "idle", mark: "", title: say("result.idle"), lines: [say("result.idle.hint")] }
  return { ...outcomeOf(order), amountFen: order.input.total_fee }
}

function outcomeOf(order: TillOrder): Result {
  const { payment, refused } = order
  if (order.unknown) return wait("result.unknown")
  if (refused) return refusedResult(refused)
  if (!payment) return wait("result.sending")
  if (isClosed(payment)) return closedResult(order)
  if (order.reversal === "asked" || order.reversal === "done") return wait("result.reversing")
  switch (payment.pay_status) {
    case "PS_PAYING":
      return wait("result.paying")
    case "PS_SUCCESS": {
      const no = payment.pay_type_trade_no
      const lines = [timeOfPayment(payment.pay_time), ...(no ? [say("result.paid.hint", { no })] : [])]
      return { tone: "good", mark: "✓", title: say("result.paid"), lines: lines.filter((it) => it !== "") }
    }
    default:
      return failedResult(payment.pay_err_code ?? "", payErrorText(payment) ?? "")
  }
}

type Waiting = "result.unknown" | "result.sending" | "result.paying" | "result.reversing"

function wait(word: Waiting): Result {
  return { tone: "busy", mark: "", title: say(word), lines: [say(`${word}.hint`)] }
}

function refusedResult({ code, message }: { code: string; message: string }): Result {
  if (code === "TRY_AGAIN") {
    return { tone: "busy", mark: "!", title: say("result.busy"), lines: [message, say("result.busy.hint")] }
  }
  const lines = [`${message} (${code})`, say("result.refused.hint")]
  return { tone: "bad", mark: "✕", title: say("result.refused"), lines }
}

function closedResult(order: TillOrder): Result {
  if (!order.wasPaid)
    return { tone: "over", mark: "—", title: say("result.closed"), lines: [say("result.closed.hint")] }
  const lines = [say("result.reversed.hint", { amount: formatYuan(order.input.total_fee) })]
  return { tone: "over", mark: "↩", title: say("result.reversed"), lines }
}

const NEXT: Readonly<Record<string, "newCode" | "otherWay" | "agree" | "staff">> = {
  CODE_INVALID: "newCode",
  CODE_EXPIRED: "newCode",
  CODE_USED: "newCode",
  BALANCE_INSUFFICIENT: "otherWay",
  LIMIT_EXCEEDED: "otherWay",
  AGREEMENT_REQUIRED: "agree",
  PAY_METHOD_OFF: "staff",
}

function failedResult(code: string, reason: string): Result {
  const next = say("next", { what: say(`next.${NEXT[code] ?? "rescan"}`) })
  return { tone: "bad", mark: "✕", title: say("result.failed"), lines: [`${reason} (${code})`, next] }
}

/** `yyyyMMddHHmmss` in the merchant's zone, as the API gives it. */
function timeOfPayment(payTime: string | undefined): string {
  const parts = /^\d{8}(\d\d)(\d\d)(\d\d)$/.exec(payTime ?? "")
  return parts ? parts.slice(1).join(":") : ""
}

/** How long a paying order can still take; empty for others. Changes every second, so it is no part of the result. */
export function timeLeftOf(order: TillOrder | undefined): string {
  const finalBy = order?.payment?.pay_status === "PS_PAYING" && order.payment.final_by
  if (!finalBy || order?.unknown) return ""
  const leftMs = Date.parse(finalBy) - platformNowMs()
  if (leftMs <= 0) return say("result.overdue")
  return say("result.left", { at: timeOfDay(finalBy), left: minutesLeft(leftMs) })
}

export function noteOf(order: TillOrder | undefined): string {
  if (!order?.note) return ""
  const { word, values } = order.note
  const said = Object.entries(values).map(([name, value]) => [name, sayIfKnown("status", value) ?? value])
  return say(word, Object.fromEntries(said))
}

import type { Language } from "../api/errors.ts"
import type { Answer } from "../http/envelope.ts"

/** Calls about an order or a refund name it by one of its two numbers. */
export function oneNumberNeeded(
  language: Language,
  names: readonly [string, string] = ["out_request_no", "pay_out_trade_no"],
): Answer {
  const [first, second] = names
  const detail =
    language === "zh" ? `${first} 和 ${second} 应二选一` : `one of ${first} and ${second} is required`
  return { ok: false, refusal: { code: "INVALID_PARAMETER", detail } }
}

import type { Language } from "../api/errors.ts"
import type { Answer } from "../http/envelope.ts"

/** Calls about an order name it by one of its two numbers. */
export function oneNumberNeeded(language: Language): Answer {
  const detail =
    language === "zh"
      ? "out_request_no 和 pay_out_trade_no 应二选一"
      : "one of out_request_no and pay_out_trade_no is required"
  return { ok: false, refusal: { code: "INVALID_PARAMETER", detail } }
}

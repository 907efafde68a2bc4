import { PAY_ERRORS, type PayErrorCode } from "../../../api/pay-errors.ts"
import { language } from "./language.ts"

/** Why a payment failed, in the language that is on now: the answer came in the one that was on then. */
export function payErrorText(failed: { pay_err_code?: string; pay_err_desc?: string }): string | undefined {
  const { pay_err_code: code, pay_err_desc: text } = failed
  if (code === undefined || !Object.hasOwn(PAY_ERRORS, code)) return text
  return PAY_ERRORS[code as PayErrorCode][language.get()]
}

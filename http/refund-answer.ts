import type { Language } from "../api/errors.ts"
import type { RefundOutput } from "../api/merchant-api.ts"
import { localDateTime } from "../domain/days.ts"
import type { Refund } from "../domain/refund.ts"
import { PUBLIC_REFUND_STATUS } from "../domain/refund-states.ts"

const FAILED: Readonly<Record<Language, string>> = {
  zh: "渠道未能退款，金额未退回，请联系平台重新发起",
  en: "The channel did not refund it and no money went back: have the platform send it again",
}
const BALANCE_TOO_SMALL: Readonly<Record<Language, string>> = {
  zh: "商户在渠道的余额不足，金额未退回，请充值后联系平台重新发起",
  en: "The merchant's balance at the channel is too small and no money went back: top it up, then have it sent again",
}
/** As channels say it. */
const SAYS_BALANCE: ReadonlySet<string> = new Set(["NOT_ENOUGH", "NOTENOUGH"])

function whyFailed({ channelCode = "" }: Refund, language: Language): string {
  return (SAYS_BALANCE.has(channelCode) ? BALANCE_TOO_SMALL : FAILED)[language]
}

/** A refund as refund and refundquery show it (A11, A17). Values not known yet are absent. */
export function refundAnswer(
  refund: Refund,
  { language, timeZone }: { language: Language; timeZone: string },
): RefundOutput {
  if (refund.state === "RETRACTED") throw new Error("a retracted refund has no answer")
  const status = PUBLIC_REFUND_STATUS[refund.state]
  return {
    pay_refund_status: status,
    out_request_no: refund.outRequestNo,
    pay_out_trade_no: refund.tradeNo,
    out_refund_no: refund.outRefundNo,
    pay_refund_id: refund.refundId,
    pay_refund_fee: refund.amountFen,
    total_fee: refund.totalFen,
    ...(status === "RS_SUCCESS" ? { pay_refund_coupon_fee: refund.couponFen ?? 0 } : {}),
    ...(status === "RS_FAILED" ? { refund_err_desc: whyFailed(refund, language) } : {}),
    ...endFields(refund, timeZone),
  }
}

function endFields(
  { finalAtMs }: Refund,
  timeZone: string,
): Pick<RefundOutput, "refund_date" | "refund_time"> {
  if (finalAtMs === undefined) return {}
  const { date, time } = localDateTime(finalAtMs, timeZone)
  return { refund_date: date, refund_time: time }
}

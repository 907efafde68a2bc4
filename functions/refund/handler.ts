import { RefundInput } from "../../api/merchant-api.ts"
import { merchantHandler } from "../../http/merchant-call.ts"
import { refundAnswer } from "../../http/refund-answer.ts"
import { refusedCalls } from "../../persistence/refused-calls.ts"
import { type RefundOrderPorts, refundOrder } from "../../usecases/refund-order.ts"
import { readEnvironment } from "../environment.ts"
import { dynamodb, once } from "../machine.ts"
import { merchantEdge } from "../merchant-edge.ts"
import { refusedNotifyUrl } from "../notify-url.ts"
import { oneNumberNeeded } from "../order-numbers.ts"
import { paymentSettings } from "../payment-settings.ts"
import { refundPorts } from "../refund-ports.ts"
import { platformSecrets } from "../secrets.ts"

const environment = readEnvironment()
const secrets = platformSecrets(environment)
const addressRules = { loopback: environment.notifyLoopback }
const refused = refusedCalls(dynamodb, environment.mainTable)

const ports = once(async (): Promise<RefundOrderPorts> => {
  const merchants = await secrets.merchants()
  const { answerWithinMs } = paymentSettings(environment)
  return { ...refundPorts(environment, merchants), merchants, answerWithinMs }
})

/** A11: gives back a paid order's money, all of it or a part. */
export const handler = merchantHandler(merchantEdge(environment, secrets), {
  name: "refund",
  input: RefundInput,
  async run(input, caller) {
    const { out_request_no, pay_out_trade_no } = input
    if (out_request_no === undefined && pay_out_trade_no === undefined)
      return oneNumberNeeded(caller.language)
    const { merchantId, nonce, nowMs, language } = caller
    const unreachable = refusedNotifyUrl(input.notify_url, addressRules, language)
    if (unreachable) return unreachable
    // A refused call that is replayed stays refused, also where the order's state would allow it by now.
    const before = await refused.read(merchantId, nonce, nowMs)
    const known = REFUSALS.find((it) => it === before)
    if (known) return { ok: false, refusal: { code: known } }
    const numbers = { outRequestNo: out_request_no, tradeNo: pay_out_trade_no }
    const request = {
      outRefundNo: input.out_refund_no,
      amountFen: input.refund_fee,
      notifyUrl: input.notify_url,
    }
    const arrived = { nowMs, monotonicMs: caller.arrivedMonotonicMs }
    const result = await refundOrder(await ports(), merchantId, numbers, request, arrived)
    if (!result.ok) {
      const { code } = result.refusal
      // What is unknown may be carried out yet: the same call is to hear of it.
      if (code !== "SYSTEM_ERROR") await refused.keep(merchantId, nonce, code, nowMs)
      return result
    }
    const { refund, timeZone } = result
    return {
      ok: true,
      data: refundAnswer(refund, { language, timeZone }),
      log: { tradeNo: refund.tradeNo, state: refund.state },
    }
  },
})

const REFUSALS = [
  "ORDER_NOT_FOUND",
  "ORDER_STATE_FORBIDS",
  "REFUND_EXCEEDS_PAID",
  "REFUND_WINDOW_CLOSED",
  "REFUND_NO_REUSED",
] as const

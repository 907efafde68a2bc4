import { RefundQueryInput } from "../../api/merchant-api.ts"
import { DEFAULT_TIME_ZONE } from "../../domain/days.ts"
import { merchantHandler } from "../../http/merchant-call.ts"
import { refundAnswer } from "../../http/refund-answer.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { refundStore } from "../../persistence/refund-store.ts"
import { queryRefund } from "../../usecases/query-refund.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb } from "../machine.ts"
import { merchantEdge } from "../merchant-edge.ts"
import { oneNumberNeeded } from "../order-numbers.ts"
import { pollQueue } from "../poll-queue.ts"
import { platformSecrets } from "../secrets.ts"

const environment = readEnvironment()
const secrets = platformSecrets(environment)
const ports = {
  clock,
  orders: orderStore(dynamodb, environment.mainTable),
  refunds: refundStore(dynamodb, environment.mainTable),
  polls: pollQueue(environment),
}

/** A17: state of a refund, by one of its two numbers. */
export const handler = merchantHandler(merchantEdge(environment, secrets), {
  name: "refundquery",
  input: RefundQueryInput,
  async run({ out_refund_no, pay_refund_id }, { merchantId, language }) {
    if (out_refund_no === undefined && pay_refund_id === undefined)
      return oneNumberNeeded(language, ["out_refund_no", "pay_refund_id"])
    const numbers = { outRefundNo: out_refund_no, refundId: pay_refund_id }
    const refund = await queryRefund(ports, merchantId, numbers)
    if (!refund) return { ok: false, refusal: { code: "REFUND_NOT_FOUND" } }
    const merchants = await secrets.merchants()
    const timeZone = (await merchants.read(merchantId))?.timeZone ?? DEFAULT_TIME_ZONE
    return {
      ok: true,
      data: refundAnswer(refund, { language, timeZone }),
      log: { tradeNo: refund.tradeNo, state: refund.state },
    }
  },
})

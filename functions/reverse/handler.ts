import { ReverseInput } from "../../api/merchant-api.ts"
import { merchantHandler } from "../../http/merchant-call.ts"
import { reverseAnswer } from "../../http/order-answer.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { refusedCalls } from "../../persistence/refused-calls.ts"
import { type ReversePorts, reverseOrder } from "../../usecases/reverse-order.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, once, random } from "../machine.ts"
import { merchantEdge } from "../merchant-edge.ts"
import { oneNumberNeeded } from "../order-numbers.ts"
import { payChannels } from "../pay-channels.ts"
import { paymentSettings, undoSettings } from "../payment-settings.ts"
import { platformSecrets } from "../secrets.ts"
import { undoWorkflow } from "../undo-workflow.ts"
import { factsOf, watchedOrders } from "../watched-orders.ts"

const environment = readEnvironment()
const { mainTable } = environment
const secrets = platformSecrets(environment)
const refused = refusedCalls(dynamodb, mainTable)

const ports = once(async (): Promise<ReversePorts> => {
  const merchants = await secrets.merchants()
  return {
    clock,
    random,
    merchants,
    orders: orderStore(dynamodb, mainTable),
    channels: payChannels(environment, merchants),
    exceptions: exceptionStore(dynamodb, mainTable),
    undoings: undoWorkflow(environment.undoWorkflowArn),
    settings: undoSettings(environment),
    answerWithinMs: paymentSettings(environment).answerWithinMs,
  }
})

/** A10: undoes an order whose fate is unknown, or one paid today; closes a number that was never seen. */
export const handler = merchantHandler(merchantEdge(environment, secrets), {
  name: "reverse",
  input: ReverseInput,
  async run({ out_request_no, pay_out_trade_no }, caller) {
    if (out_request_no === undefined && pay_out_trade_no === undefined)
      return oneNumberNeeded(caller.language)
    const { merchantId, nonce, nowMs } = caller
    // A refused call that is replayed stays refused, also where the order's state would allow it by now.
    const before = await refused.read(merchantId, nonce, nowMs)
    const known = REFUSALS.find((it) => it === before)
    if (known) return { ok: false, refusal: { code: known } }
    const numbers = { outRequestNo: out_request_no, tradeNo: pay_out_trade_no }
    const arrived = { nowMs, monotonicMs: caller.arrivedMonotonicMs }
    const open = await ports()
    const orders = watchedOrders(open.orders, caller.changed)
    const result = await reverseOrder({ ...open, orders }, merchantId, numbers, arrived)
    if (!result.ok) {
      await refused.keep(merchantId, nonce, result.refusal.code, nowMs)
      return result
    }
    const { order, recall, timeZone } = result
    return {
      ok: true,
      data: reverseAnswer(order, recall, timeZone),
      log: factsOf(order),
    }
  },
})

const REFUSALS = ["ORDER_NOT_FOUND", "REVERSE_WINDOW_CLOSED", "ORDER_STATE_FORBIDS"] as const

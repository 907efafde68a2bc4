import { OrderQueryInput } from "../../api/merchant-api.ts"
import { DEFAULT_TIME_ZONE } from "../../domain/days.ts"
import { merchantHandler } from "../../http/merchant-call.ts"
import { orderAnswer } from "../../http/order-answer.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { finalByMs } from "../../usecases/final-by.ts"
import { queryOrder } from "../../usecases/query-order.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, once } from "../machine.ts"
import { merchantEdge } from "../merchant-edge.ts"
import { oneNumberNeeded } from "../order-numbers.ts"
import { payChannels } from "../pay-channels.ts"
import { pollQueue } from "../poll-queue.ts"
import { platformSecrets } from "../secrets.ts"
import { factsOf } from "../watched-orders.ts"

const environment = readEnvironment()
const secrets = platformSecrets(environment)

const ports = once(async () => {
  const merchants = await secrets.merchants()
  return {
    clock,
    merchants,
    orders: orderStore(dynamodb, environment.mainTable),
    channels: payChannels(environment, merchants),
    polls: pollQueue(environment),
  }
})

/** A9: state of an order, by one of its two numbers. */
export const handler = merchantHandler(merchantEdge(environment, secrets), {
  name: "orderquery",
  input: OrderQueryInput,
  async run({ out_request_no, pay_out_trade_no }, caller) {
    if (out_request_no === undefined && pay_out_trade_no === undefined)
      return oneNumberNeeded(caller.language)
    const open = await ports()
    const numbers = { outRequestNo: out_request_no, tradeNo: pay_out_trade_no }
    const order = await queryOrder(open, caller.merchantId, numbers)
    if (!order) return { ok: false, refusal: { code: "ORDER_NOT_FOUND" } }
    const timeZone = (await open.merchants.read(caller.merchantId))?.timeZone ?? DEFAULT_TIME_ZONE
    const view = { language: caller.language, timeZone, finalByMs: finalByMs(order, open.channels) }
    return {
      ok: true,
      data: orderAnswer(order, "orderquery", view),
      log: factsOf(order),
    }
  },
})

import { ApplyPayInput } from "../../api/merchant-api.ts"
import { merchantHandler } from "../../http/merchant-call.ts"
import { orderAnswer } from "../../http/order-answer.ts"
import { channelHealthStore } from "../../persistence/channel-health-store.ts"
import { codeStore } from "../../persistence/code-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { payerStore } from "../../persistence/payer-store.ts"
import { wrongCodeStore } from "../../persistence/wrong-code-store.ts"
import { type ApplyPayPorts, applyPay } from "../../usecases/apply-pay.ts"
import { channelBreaker } from "../../usecases/channel-breaker.ts"
import { finalByMs } from "../../usecases/final-by.ts"
import { readEnvironment } from "../environment.ts"
import { heardBreaker } from "../heard-channels.ts"
import { clock, dynamodb, once, random } from "../machine.ts"
import { merchantEdge } from "../merchant-edge.ts"
import { refusedNotifyUrl } from "../notify-url.ts"
import { payChannels } from "../pay-channels.ts"
import { paymentSettings } from "../payment-settings.ts"
import { pollQueue } from "../poll-queue.ts"
import { platformSecrets } from "../secrets.ts"
import { factsOf, watchedOrders } from "../watched-orders.ts"

const environment = readEnvironment()
const secrets = platformSecrets(environment)
const addressRules = { loopback: environment.notifyLoopback }

const ports = once(async (): Promise<ApplyPayPorts> => {
  const { mainTable, settingsTable } = environment
  const merchants = await secrets.merchants()
  return {
    clock,
    random,
    codeKey: (await secrets.dataKeys()).codeKey,
    orders: orderStore(dynamodb, mainTable),
    codes: codeStore(dynamodb, mainTable),
    payers: payerStore(dynamodb, { main: mainTable, settings: settingsTable }),
    merchants,
    wrongCodes: wrongCodeStore(dynamodb, mainTable),
    channels: payChannels(environment, merchants),
    polls: pollQueue(environment),
    breaker: heardBreaker(channelBreaker(channelHealthStore(dynamodb, mainTable))),
    settings: paymentSettings(environment),
  }
})

/** A7: charges a scanned code. */
export const handler = merchantHandler(merchantEdge(environment, secrets), {
  name: "applypay",
  input: ApplyPayInput,
  async run(input, caller) {
    const refused = refusedNotifyUrl(input.notify_url, addressRules, caller.language)
    if (refused) return refused
    const open = await ports()
    const request = {
      merchantId: caller.merchantId,
      outRequestNo: input.out_request_no,
      code: input.qrcode,
      body: input.body,
      totalFen: input.total_fee,
      storeId: input.store_id,
      extraData: input.extra_data,
      notifyUrl: input.notify_url,
    }
    const orders = watchedOrders(open.orders, caller.changed)
    const result = await applyPay({ ...open, orders }, request, caller)
    if (!result.ok) return result
    const { order, timeZone } = result
    const view = { language: caller.language, timeZone, finalByMs: finalByMs(order, open.channels) }
    return {
      ok: true,
      data: orderAnswer(order, "applypay", view),
      log: factsOf(order),
    }
  },
})

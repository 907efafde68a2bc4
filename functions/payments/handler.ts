import * as z from "zod"
import { APP_API_PATH } from "../../api/app-api.ts"
import { PAY_ERRORS } from "../../api/pay-errors.ts"
import { customerCall, customerHandler } from "../../http/customer-call.ts"
import { codeStore } from "../../persistence/code-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { watchPayment } from "../../usecases/watch-payment.ts"
import { customerEdge } from "../customer-edge.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb } from "../machine.ts"

const environment = readEnvironment()
const { mainTable } = environment

const ports = { clock, codes: codeStore(dynamodb, mainTable), orders: orderStore(dynamodb, mainTable) }

/** A payment ID that is none is simply not found; the database takes no longer ones. */
const WatchInput = z.strictObject({ pay_id: z.string().transform((it) => it.slice(0, 64)) })

/** A4: what became of a shown code. Asked all the time by every open app. */
export const handler = customerHandler(customerEdge(environment), "payments", {
  [`GET ${APP_API_PATH}/payments/{pay_id}`]: customerCall(
    "address",
    WatchInput,
    async ({ pay_id }, caller) => {
      const watched = await watchPayment(ports, caller.uid, pay_id)
      if (!watched) return { ok: false, refusal: { code: "CODE_NOT_FOUND" } }
      const { status, code, order } = watched
      return {
        ok: true,
        quiet: true,
        data: {
          status,
          pay_id,
          pay_type: code.payType,
          expires_at: new Date(code.expiresAtMs).toISOString(),
          ...(order
            ? { merchant_id: order.merchantId, total_fee: order.totalFen, pay_out_trade_no: order.tradeNo }
            : {}),
          ...(order?.failure
            ? {
                pay_err_code: order.failure.code,
                pay_err_desc: PAY_ERRORS[order.failure.code][caller.language],
              }
            : {}),
        },
      }
    },
  ),
})

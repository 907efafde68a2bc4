import { APP_API_PATH, RecordInput, RecordsInput } from "../../api/app-api.ts"
import { DEFAULT_TIME_ZONE } from "../../domain/days.ts"
import { PUBLIC_STATUS } from "../../domain/order-states.ts"
import { customerCall, customerHandler } from "../../http/customer-call.ts"
import { orderAnswer } from "../../http/order-answer.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { recordStore } from "../../persistence/record-store.ts"
import { listRecords, readRecord } from "../../usecases/consumption-records.ts"
import type { ConsumptionRecord } from "../../usecases/ports.ts"
import { customerEdge } from "../customer-edge.ts"
import { readEnvironment } from "../environment.ts"
import { dynamodb, once } from "../machine.ts"
import { dataSecrets } from "../secrets.ts"

const environment = readEnvironment()
const { mainTable } = environment
const secrets = dataSecrets(environment)
const ports = { orders: orderStore(dynamodb, mainTable), records: recordStore(dynamodb, mainTable) }
const merchants = once(() => secrets.merchants())

const DEFAULT_LIMIT = 20

async function merchantOf(merchantId: string) {
  return (await merchants()).read(merchantId)
}

async function line(record: ConsumptionRecord) {
  return {
    pay_out_trade_no: record.tradeNo,
    time: new Date(record.atMs).toISOString(),
    total_fee: record.totalFen,
    pay_status: record.state === "RETRACTED" ? undefined : PUBLIC_STATUS[record.state].orderquery,
    pay_type: record.payType,
    merchant_id: record.merchantId,
    merchant_name: (await merchantOf(record.merchantId))?.name,
  }
}

/** A6: a customer's consumption records. */
export const handler = customerHandler(customerEdge(environment), "records", {
  [`GET ${APP_API_PATH}/records`]: customerCall(
    "address",
    RecordsInput,
    async ({ limit, before }, { uid }) => {
      const page = await listRecords(ports, uid, { limit: limit ?? DEFAULT_LIMIT, before })
      return { ok: true, data: { records: await Promise.all(page.records.map(line)), next: page.next } }
    },
  ),

  [`GET ${APP_API_PATH}/records/{pay_out_trade_no}`]: customerCall(
    "address",
    RecordInput,
    async ({ pay_out_trade_no }, { uid, language }) => {
      const order = await readRecord(ports, uid, pay_out_trade_no)
      if (!order) return { ok: false, refusal: { code: "ORDER_NOT_FOUND" } }
      const merchant = await merchantOf(order.merchantId)
      return {
        ok: true,
        data: {
          ...orderAnswer(order, "orderquery", {
            language,
            timeZone: merchant?.timeZone ?? DEFAULT_TIME_ZONE,
          }),
          body: order.body,
          time: new Date(order.createdAtMs).toISOString(),
          merchant_id: order.merchantId,
          merchant_name: merchant?.name,
          store_id: order.storeId,
        },
      }
    },
  ),
})

import { after, before } from "node:test"
import { type DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { PAY_TYPES } from "../../domain/channel.ts"
import { agreementStore } from "../../persistence/agreement-store.ts"
import { num, str } from "../../persistence/attributes.ts"
import { auditLog } from "../../persistence/audit-log.ts"
import { channelHealthStore } from "../../persistence/channel-health-store.ts"
import { codeStore } from "../../persistence/code-store.ts"
import { customerStore } from "../../persistence/customer-store.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { GATE_SK, merchantPk } from "../../persistence/keys.ts"
import { registerMerchant } from "../../persistence/merchant-registration.ts"
import { merchantStore } from "../../persistence/merchant-store.ts"
import { orderDays } from "../../persistence/order-days.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { payerStore } from "../../persistence/payer-store.ts"
import { recordStore } from "../../persistence/record-store.ts"
import { refundStore } from "../../persistence/refund-store.ts"
import { refusedCalls } from "../../persistence/refused-calls.ts"
import { fieldSeals, onlyKey } from "../../persistence/sealed-fields.ts"
import { wrongCodeStore } from "../../persistence/wrong-code-store.ts"
import type { Merchant, MerchantGate } from "../../usecases/ports.ts"
import { auditPromises, orderDayPromises, refusedCallPromises } from "./desk-stores.ts"
import { MAIN_TABLE, type RunningTables, SETTINGS_TABLE, startTables } from "./dynamodb-tables.ts"
import { type StoresUnderTest, storePromises } from "./store-promises.ts"

const FIELDS = fieldSeals(async () => onlyKey(Buffer.alloc(32, 7)))

let running: RunningTables
let under: StoresUnderTest

before(async () => {
  running = await startTables()
  under = storesOn(running.client)
})
after(() => running?.close())

let ids = 0
storePromises("on DynamoDB", () => under)
auditPromises("on DynamoDB", () =>
  auditLog(running.client, MAIN_TABLE, (nowMs) => `${nowMs}-${String(ids++).padStart(6, "0")}`),
)
refusedCallPromises("on DynamoDB", () => refusedCalls(running.client, MAIN_TABLE))
orderDayPromises("on DynamoDB", () => ({
  days: orderDays(running.client, { main: MAIN_TABLE, settings: SETTINGS_TABLE }),
  orders: under.stores.orders,
}))

function storesOn(client: DynamoDBClient): StoresUnderTest {
  const setGate = (merchantId: string, gate: MerchantGate) => putGate(client, merchantId, gate)
  return {
    stores: {
      orders: orderStore(client, MAIN_TABLE),
      refunds: refundStore(client, MAIN_TABLE),
      codes: codeStore(client, MAIN_TABLE),
      payers: payerStore(client, { main: MAIN_TABLE, settings: SETTINGS_TABLE }),
      customers: customerStore(client, MAIN_TABLE),
      agreements: agreementStore(client, MAIN_TABLE),
      records: recordStore(client, MAIN_TABLE),
      merchants: merchantStore(client, SETTINGS_TABLE, FIELDS, { monotonicMs: () => 0 }),
      wrongCodes: wrongCodeStore(client, MAIN_TABLE),
      exceptions: exceptionStore(client, MAIN_TABLE),
      health: channelHealthStore(client, MAIN_TABLE),
    },
    async putMerchant(merchant) {
      await register(client, merchant)
      await setGate(merchant.merchantId, { disabled: false, settingsVersion: merchant.settingsVersion })
    },
    setGate,
  }
}

async function register(client: DynamoDBClient, merchant: Merchant): Promise<void> {
  const { merchantId, name, timeZone, keyIds } = merchant
  const accounts = PAY_TYPES.flatMap((payType) => {
    const account = merchant.accounts[payType]
    return account ? [{ payTypes: [payType], account, settings: {} }] : []
  })
  const apiKeys = keyIds.map((keyId) => ({ keyId, publicKeyPem: "PEM" }))
  await registerMerchant(client, SETTINGS_TABLE, FIELDS, { merchantId, name, timeZone, apiKeys, accounts })
}

async function putGate(client: DynamoDBClient, merchantId: string, gate: MerchantGate): Promise<void> {
  await client.send(
    new PutItemCommand({
      TableName: SETTINGS_TABLE,
      Item: {
        pk: str(merchantPk(merchantId)),
        sk: str(GATE_SK),
        v: num(gate.settingsVersion),
        di: { BOOL: gate.disabled },
      },
    }),
  )
}

/**
 * What a payment costs at the database, counted from what the SDK sent and what DynamoDB says it consumed (design §4).
 * DynamoDB Local reports nothing for a failed condition: it is billed all the same, so it counts one.
 */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { after, before, test } from "node:test"
import {
  ConditionalCheckFailedException,
  type ConsumedCapacity,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb"
import type { ChargeOutcome } from "../../domain/charge-outcome.ts"
import { tradeNoOf } from "../../domain/order-number.ts"
import { luhnDigit } from "../../domain/payment-code.ts"
import { agreementStore } from "../../persistence/agreement-store.ts"
import { channelHealthStore } from "../../persistence/channel-health-store.ts"
import { codeStore } from "../../persistence/code-store.ts"
import { customerStore } from "../../persistence/customer-store.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { registerMerchant } from "../../persistence/merchant-registration.ts"
import { merchantStore } from "../../persistence/merchant-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { payerStore } from "../../persistence/payer-store.ts"
import { recordStore } from "../../persistence/record-store.ts"
import { refundStore } from "../../persistence/refund-store.ts"
import { fieldSeals, onlyKey } from "../../persistence/sealed-fields.ts"
import { wrongCodeStore } from "../../persistence/wrong-code-store.ts"
import { type ApplyPayPorts, applyPay } from "../../usecases/apply-pay.ts"
import { channelBreaker } from "../../usecases/channel-breaker.ts"
import { issueCode } from "../../usecases/consumption-code.ts"
import { recordChange } from "../../usecases/consumption-records.ts"
import { pollOrder } from "../../usecases/poll-order.ts"
import type { PayChannel } from "../../usecases/ports.ts"
import { refundOrder } from "../../usecases/refund-order.ts"
import { reverseOrder } from "../../usecases/reverse-order.ts"
import { watchPayment } from "../../usecases/watch-payment.ts"
import {
  MAIN_TABLE,
  type RunningTables,
  SETTINGS_TABLE,
  startTables,
} from "../conformance/dynamodb-tables.ts"

type Counted = { calls: number; writeUnits: number; indexUnits: number; readUnits: number }

const KEY = Buffer.alloc(32, 3)
const FIELDS = fieldSeals(async () => onlyKey(KEY))
const settings = {
  codeKinds: [
    { kind: "own", minDigits: 20, maxDigits: 20, prefixes: ["92"] },
    { kind: "wechat", minDigits: 18, maxDigits: 18, prefixes: ["13"] },
  ],
  ownCodePrefix: "92",
  wrongCodes: { limit: 100, windowMs: 300_000 },
  channelTimeoutMs: 7_000,
  answerWithinMs: 9_000,
} as const

let running: RunningTables
let counted: Counted
let ports: ApplyPayPorts
let outcome: ChargeOutcome

before(async () => {
  running = await startTables()
  const { client } = running
  const account = {
    merchantId: "M1",
    channel: "wechat",
    accountId: "1900000101",
    settingsVersion: 1,
  } as const
  await registerMerchant(client, SETTINGS_TABLE, FIELDS, {
    merchantId: "M1",
    name: "商户",
    timeZone: "Asia/Shanghai",
    apiKeys: [{ keyId: "K1", publicKeyPem: "" }],
    accounts: [{ payTypes: ["CT_WECHAT"], account, settings: {} }],
  })
  await customerStore(client, MAIN_TABLE).open("U1", "CT_WECHAT")
  const consent = { id: randomUUID(), uid: "U1", merchantId: "M1", payType: "CT_WECHAT" } as const
  await agreementStore(client, MAIN_TABLE).put({ ...consent, contractId: "C1", signedAtMs: Date.now() })
  ports = portsOn(client)
  await ports.merchants.read("M1")
  countCapacity(client)
})
after(() => running?.close())

function portsOn(client: DynamoDBClient): ApplyPayPorts {
  const channel: PayChannel = {
    id: "wechat",
    capabilities: {
      intents: ["code", "agreement"],
      maxOrderNoLength: 32,
      reverse: { minWaitMs: 0, windowMs: 60_000 },
      refund: { windowMs: 60_000, maxParts: 50 },
      notifies: {},
      queryPlanMs: [5_000],
      withinCallPlanMs: [],
    },
    charge: async () => outcome,
    query: async () => outcome,
    reverse: async () => ({ kind: "undone" }),
    refund: async () => ({ kind: "returned" }),
    queryRefund: async () => ({ kind: "returned" }),
  }
  return {
    clock: {
      nowMs: Date.now,
      monotonicMs: () => performance.now(),
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(resolve, ms)
          signal?.addEventListener("abort", () => {
            clearTimeout(timer)
            reject(signal.reason)
          })
        }),
    },
    random: {
      digits: (n) => String(Math.random()).slice(2).padEnd(n, "7").slice(0, n),
      id: () => randomUUID(),
    },
    codeKey: KEY,
    orders: orderStore(client, MAIN_TABLE),
    codes: codeStore(client, MAIN_TABLE),
    payers: payerStore(client, { main: MAIN_TABLE, settings: SETTINGS_TABLE }),
    merchants: merchantStore(client, SETTINGS_TABLE, FIELDS, { monotonicMs: () => performance.now() }),
    wrongCodes: wrongCodeStore(client, MAIN_TABLE),
    channels: { wechat: channel },
    polls: { send: async () => undefined },
    breaker: channelBreaker(channelHealthStore(client, MAIN_TABLE)),
    settings,
  }
}

const undoSettings = {
  channelTimeoutMs: 7_000,
  lateChargeMs: 60_000,
  visibleAfterMs: 600_000,
  retryPlanMs: [1_000],
  lateAskMs: 600_000,
}

function pollPorts() {
  const exceptions = exceptionStore(running.client, MAIN_TABLE)
  return { ...ports, settings: undoSettings, exceptions, undoings: { ensure: async () => undefined } }
}

function countCapacity(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      Object.assign(args.input, { ReturnConsumedCapacity: "INDEXES" })
      counted.calls += 1
      try {
        const done = await next(args)
        const said = (done.output as { ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] })
          .ConsumedCapacity
        for (const used of [said ?? []].flat())
          add(used, "ConsistentRead" in args.input || "RequestItems" in args.input)
        return done
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) counted.writeUnits += 1
        throw error
      }
    },
    { step: "initialize", name: "countCapacity" },
  )
}

function add(used: ConsumedCapacity, isRead: boolean): void {
  const table = used.Table?.CapacityUnits ?? 0
  const index = Object.values(used.GlobalSecondaryIndexes ?? {}).reduce(
    (sum, it) => sum + (it.CapacityUnits ?? 0),
    0,
  )
  if (isRead) counted.readUnits += table + index
  else {
    counted.writeUnits += table
    counted.indexUnits += index
  }
}

async function count(act: () => Promise<unknown>): Promise<Counted> {
  counted = { calls: 0, writeUnits: 0, indexUnits: 0, readUnits: 0 }
  await act()
  return { ...counted }
}

async function requestWith(code: string) {
  return {
    merchantId: "M1",
    outRequestNo: randomUUID(),
    code,
    body: "字".repeat(40),
    totalFen: 1200,
    storeId: "SZTX001",
  }
}

async function shownCode() {
  counted = { calls: 0, writeUnits: 0, indexUnits: 0, readUnits: 0 }
  const issuing = { ...ports, customers: customerStore(running.client, MAIN_TABLE) }
  const shown = await issueCode(issuing, "U1")
  assert.ok(shown)
  return shown
}

const pay = (request: Awaited<ReturnType<typeof requestWith>>) =>
  applyPay(ports, request, { keyId: "K1", arrivedMonotonicMs: performance.now() })

const charged: ChargeOutcome = {
  kind: "charged",
  channelTradeNo: "4200002345202611211234567890",
  couponFen: 0,
  paidAtMs: 1,
}

test("a success costs 4 calls and 3 write units, with date index and record 5", async () => {
  outcome = charged
  const { code } = await shownCode()
  const request = await requestWith(code)
  const cost = await count(() => pay(request))
  assert.deepEqual({ ...cost, readUnits: 0 }, { calls: 4, writeUnits: 3, indexUnits: 1, readUnits: 0 })
  const result = await pay(request)
  assert.ok(result.ok && result.order.state === "PAID")
  const { order } = result
  const records = recordStore(running.client, MAIN_TABLE)
  const effect = await count(() =>
    recordChange({ records }, { before: { ...order, state: "PAYING" }, after: order }),
  )
  assert.deepEqual([cost.writeUnits + cost.indexUnits + effect.writeUnits], [5])
})

test("a replay costs 2 write units and no more than the calls of a payment", async () => {
  outcome = charged
  const request = await requestWith((await shownCode()).code)
  await pay(request)
  const cost = await count(() => pay(request))
  assert.equal(cost.writeUnits, 2)
  assert.ok(cost.calls <= 4)
})

test("a payment that has to be polled costs 3 write units", async () => {
  outcome = { kind: "unknown", cause: "silence" }
  const request = await requestWith((await shownCode()).code)
  const paying = await count(() => pay(request))
  const first = await pay(request)
  assert.ok(first.ok && first.order.state === "PAYING")
  outcome = charged
  const { tradeNo } = first.order
  const polled = await count(() => pollOrder(pollPorts(), { tradeNo, legNo: 1, step: 0 }))
  assert.deepEqual([paying.writeUnits + polled.writeUnits, paying.indexUnits + polled.indexUnits], [3, 1])
})

test("a payment that is reversed while unknown costs 5 write units at most", async () => {
  outcome = { kind: "unknown", cause: "silence" }
  const request = await requestWith((await shownCode()).code)
  const longAgo = Date.now() - 30_000
  const before = { ...ports, clock: { ...ports.clock, nowMs: () => longAgo } }
  const caller = { keyId: "K1", arrivedMonotonicMs: performance.now() }
  // The customer's code must live at that time too; its life is compared with the clock that is given.
  const paying = await count(() => applyPay(before, request, caller))
  const arrived = { nowMs: Date.now(), monotonicMs: performance.now() }
  const reversing = { ...pollPorts(), answerWithinMs: 9_000 }
  const reversed = await count(() =>
    reverseOrder(reversing, "M1", { outRequestNo: request.outRequestNo }, arrived),
  )
  assert.equal(
    (await orderStore(running.client, MAIN_TABLE).read(tradeNoOf("M1", request.outRequestNo)))?.state,
    "CLOSED",
  )
  assert.ok(paying.writeUnits + reversed.writeUnits <= 5, `${paying.writeUnits} + ${reversed.writeUnits}`)
})

test("a refund costs 3 write units and 4 calls, with its date index one unit more", async () => {
  outcome = charged
  const request = await requestWith("131234567890123457")
  await pay(request)
  const refunding = {
    ...pollPorts(),
    refunds: refundStore(running.client, MAIN_TABLE),
    settings: { ...undoSettings, refundPlanMs: [5_000], refundRetryMs: 60_000, refundWindowsMs: {} },
    answerWithinMs: 9_000,
  }
  const arrived = { nowMs: Date.now(), monotonicMs: performance.now() }
  const asked = { outRefundNo: randomUUID(), amountFen: 200 }
  const cost = await count(async () => {
    const result = await refundOrder(refunding, "M1", { outRequestNo: request.outRequestNo }, asked, arrived)
    assert.ok(result.ok && result.refund.state === "SUCCEEDED")
  })
  assert.deepEqual([cost.calls, cost.writeUnits, cost.indexUnits], [4, 3, 1])
})

test("a channel's own code costs 2 write units", async () => {
  outcome = charged
  const cost = await count(async () => pay(await requestWith("131234567890123456")))
  assert.deepEqual([cost.calls, cost.writeUnits, cost.indexUnits], [3, 2, 1])
})

test("watching a code costs half a read unit while nothing happened", async () => {
  const { issued } = await shownCode()
  const cost = await count(() => watchPayment(ports, "U1", issued.payId))
  assert.deepEqual(cost, { calls: 1, writeUnits: 0, indexUnits: 0, readUnits: 0.5 })
})

test("a code that is none costs no look-up", async () => {
  const body = `92${"1".repeat(17)}`
  const wrongDigit = String((Number(luhnDigit(body)) + 1) % 10)
  const cost = await count(async () => pay(await requestWith(body + wrongDigit)))
  // The counter and the order that the merchant can ask for; the gate is read before that.
  assert.deepEqual([cost.calls, cost.writeUnits], [3, 2])
})

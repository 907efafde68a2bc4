import assert from "node:assert/strict"
import { test } from "node:test"
import { afterOutcome } from "../domain/charge-outcome.ts"
import { apply, LEASE_MS, newOrder, type Order, withLease } from "../domain/order.ts"
import { afterUndo } from "../domain/undo-outcome.ts"
import type { OrderFacts } from "../http/call-log.ts"
import { memoryOrders } from "../test/simulation/memory-orders.ts"
import { factsOf, watchedOrders } from "./watched-orders.ts"

const PUT_MS = Date.UTC(2026, 10, 21, 4)
const REQUEST = {
  merchantId: "M1",
  outRequestNo: "T1",
  code: "",
  body: "早餐",
  totalFen: 600,
  storeId: "S1",
}
const FACTS = { fingerprint: "f", createdAtMs: PUT_MS, day: "20261121" }
const CHARGED = { kind: "charged", channelTradeNo: "W1", couponFen: 0 } as const

function paying(): Order {
  const leg = {
    no: 1,
    channel: "wechat",
    accountId: "A1",
    settingsVersion: 1,
    intent: "code",
    amountFen: 600,
    state: "PENDING",
  } as const
  return newOrder(REQUEST, "accepted", {
    ...FACTS,
    legs: [leg],
    lease: { holder: "H1", untilMs: PUT_MS + LEASE_MS },
  })
}

function watched() {
  const told: OrderFacts[] = []
  return { orders: watchedOrders(memoryOrders(new Map()), (facts) => told.push(facts)), told }
}

function changed(order: Order | undefined): Order {
  assert.ok(order)
  return order
}

test("a payment is certain after as long as it took from its put to the write that made it final", async () => {
  const { orders, told } = watched()
  const order = paying()
  await orders.create(order)
  const paid = changed(afterOutcome(order, 1, CHARGED, PUT_MS + 180))
  await orders.advance(order, paid)
  const facts = { merchantId: "M1", tradeNo: order.tradeNo, channel: "wechat" }
  assert.deepEqual(told, [
    { ...facts, state: "PAYING" },
    { ...facts, state: "PAID", certaintyMs: 180 },
  ])
})

test("what is refused at once is certain at once, and has no channel", async () => {
  const { orders, told } = watched()
  await orders.create(newOrder(REQUEST, "refused", { ...FACTS, failure: { code: "CODE_INVALID" } }))
  assert.deepEqual(told, [{ merchantId: "M1", tradeNo: told[0]?.tradeNo, state: "FAILED", certaintyMs: 0 }])
})

test("another's write is not told as one's own", async () => {
  const { orders, told } = watched()
  const order = paying()
  await orders.create(order)
  const paid = changed(afterOutcome(order, 1, CHARGED, PUT_MS + 180))
  await orders.advance(order, paid)
  const declined = { kind: "declined", code: "CHANNEL_REFUSED", channelCode: "X" } as const
  await orders.advance(order, changed(afterOutcome(order, 1, declined, PUT_MS + 190)))
  await orders.create({ ...order, fingerprint: "g", lease: { holder: "H2", untilMs: PUT_MS + LEASE_MS } })
  assert.equal(told.length, 2)
})

test("taking the lease changes nothing that is told", async () => {
  const { orders, told } = watched()
  const order = paying()
  await orders.create(order)
  await orders.advance(order, withLease(order, "H2", PUT_MS + 30_000))
  assert.equal(told.length, 1)
})

test("undoing a payment makes nothing certain that was not so before", async () => {
  const { orders, told } = watched()
  const order = paying()
  await orders.create(order)
  const paid = changed(afterOutcome(order, 1, CHARGED, PUT_MS + 180))
  await orders.advance(order, paid)
  const undoing = apply(paid, "undoStarted", PUT_MS + 60_000)
  await orders.advance(paid, undoing)
  await orders.advance(undoing, changed(afterUndo(undoing, 1, { kind: "returned" }, PUT_MS + 61_000)))
  assert.deepEqual(
    told.slice(2).map(({ state, certaintyMs }) => [state, certaintyMs]),
    [
      ["UNDOING", undefined],
      ["CLOSED", undefined],
    ],
  )
})

test("an order that several channels pay names them all, each once", () => {
  const order = paying()
  const [leg] = order.legs
  assert.ok(leg)
  const legs = [leg, { ...leg, no: 2, channel: "mpay" as const }, { ...leg, no: 3 }]
  assert.equal(factsOf({ ...order, legs }).channel, "wechat+mpay")
})

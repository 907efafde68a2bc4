import assert from "node:assert/strict"
import { test } from "node:test"
import { apply, newOrder, type Order } from "../../domain/order.ts"
import type { OrderException } from "../../usecases/ports.ts"
import { stepsOf, watchOrder } from "./order-watch.ts"

const accepted = newOrder(
  {
    merchantId: "M10001",
    outRequestNo: "A1",
    code: "1".repeat(20),
    body: "早餐",
    totalFen: 905,
    storeId: "SZTX001",
  },
  "accepted",
  { fingerprint: "f", createdAtMs: 1_000, day: "20310312" },
)
const order = apply(apply(accepted, "reversalStarted", 2_000), "reversed", 3_000)
const surplus: OrderException = {
  tradeNo: order.tradeNo,
  merchantId: "M10001",
  kind: "surplus",
  sinceMs: 4_000,
  lastTried: "refund",
  lastTriedAtMs: 5_000,
  tries: 2,
}
const portsWith = (stored: Order | undefined) => ({
  orders: { read: async () => stored },
  exceptions: { list: async () => [surplus, { ...surplus, tradeNo: "0".repeat(26) }] },
  channels: {},
})

test("each event says from which state to which it led", () => {
  assert.deepEqual(
    stepsOf(order).map(({ from, to }) => `${from} → ${to}`),
    ["NONE → PAYING", "PAYING → REVERSING", "REVERSING → CLOSED"],
  )
})

test("the desk is read where something is amiss, and only this order's part is shown", async () => {
  assert.deepEqual((await watchOrder(portsWith(order), "M10001", "A1"))?.exceptions, [])
  const found = apply(order, "surplusFound", 4_000)
  const watched = await watchOrder(portsWith(found), "M10001", "A1")
  assert.deepEqual(watched?.exceptions, [
    { kind: "surplus", since: "1970-01-01T00:00:04.000Z", tries: 2, lastTried: "refund" },
  ])
  assert.deepEqual(watched?.books, { charged: 0, returned: 0 })
})

test("another merchant's order is not shown", async () => {
  assert.equal(await watchOrder(portsWith({ ...order, merchantId: "M10002" }), "M10001", "A1"), undefined)
  assert.equal(await watchOrder(portsWith(undefined), "M10001", "A1"), undefined)
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { orderNotifications, refundNotifications } from "./notification-events.ts"
import { apply, newOrder, type Order, withLease } from "./order.ts"
import { ORDER_EVENTS, ORDER_STATES, TRANSITIONS } from "./order-states.ts"
import { applyToRefund, newRefund, type Refund, withRefundLease } from "./refund.ts"
import { REFUND_TRANSITIONS } from "./refund-states.ts"

const request = {
  merchantId: "M1",
  outRequestNo: "N1",
  code: "C",
  body: "B",
  totalFen: 100,
  storeId: "S",
  notifyUrl: "https://shop.example/told",
}
const facts = { fingerprint: "f", createdAtMs: 1_000, day: "20250601" }
const accepted = newOrder(request, "accepted", facts)

const refund = newRefund({
  refundId: "12345678901234567890123456",
  merchantId: "M1",
  outRefundNo: "F1",
  tradeNo: accepted.tradeNo,
  outRequestNo: "N1",
  storeId: "S",
  legNo: 1,
  channel: "wechat",
  amountFen: 10,
  totalFen: 100,
  day: "20250601",
  createdAtMs: 2_000,
})

const typesOf = (events: { type: string }[]) => events.map(({ type }) => type)

test("every way of an order tells exactly what the state table says", () => {
  for (const { from, event, emits } of TRANSITIONS) {
    if (from === "NONE") continue
    const before: Order = { ...accepted, state: from }
    const expected = emits
      .filter((it) => it.startsWith("notify."))
      .map((it) => it.replace("notify", "payment"))
    assert.deepEqual(
      typesOf(orderNotifications(before, apply(before, event, 2_000))),
      expected,
      `${from} ${event}`,
    )
  }
})

test("an order that ends with its first write is told of", () => {
  assert.deepEqual(typesOf(orderNotifications(undefined, newOrder(request, "refused", facts))), [
    "payment.failed",
  ])
  assert.deepEqual(typesOf(orderNotifications(undefined, accepted)), [])
})

test("a write without a new event tells nothing, in whatever state", () => {
  for (const state of ORDER_STATES) {
    for (const event of ORDER_EVENTS) {
      const before: Order = { ...accepted, state, events: [...accepted.events, { event, atMs: 1_500 }] }
      assert.deepEqual(orderNotifications(before, withLease(before, "H", 3_000)), [], `${state} ${event}`)
    }
  }
  assert.deepEqual(refundNotifications(refund, withRefundLease(refund, "H", 3_000)), [])
})

test("the same change has the same id wherever it is seen, and every other has another", () => {
  const paid = apply(accepted, "charged", 2_000)
  const undoing = apply(paid, "undoStarted", 3_000)
  const closed = apply(undoing, "undone", 4_000)
  const failed = applyToRefund(refund, "refused", 5_000)
  const again = applyToRefund(failed, "sentAgain", 6_000)
  const failedAgain = applyToRefund(again, "refused", 7_000)
  const done = applyToRefund(again, "returned", 7_000)
  const told = () => [
    ...orderNotifications(accepted, paid),
    ...orderNotifications(undoing, closed),
    ...refundNotifications(refund, failed),
    ...refundNotifications(again, failedAgain),
    ...refundNotifications(again, done),
  ]
  assert.deepEqual(told(), told())
  assert.equal(new Set(told().map(({ eventId }) => eventId)).size, 5)
})

test("several events in one write are each told, in their order", () => {
  const closed = apply(apply(apply(accepted, "charged", 2_000), "undoStarted", 3_000), "undone", 4_000)
  assert.deepEqual(typesOf(orderNotifications(accepted, closed)), ["payment.succeeded", "payment.closed"])
})

test("a clock that was behind makes no later event an earlier one", () => {
  const paid = apply(accepted, "charged", 5_000)
  const undoing = apply(paid, "undoStarted", 4_000)
  const [closed] = orderNotifications(undoing, apply(undoing, "undone", 4_500))
  assert.equal(closed?.atMs, 5_000)
})

test("every way of a refund tells exactly what the state table says", () => {
  const words: Record<string, string> = {
    "notify.refundSucceeded": "refund.succeeded",
    "notify.refundFailed": "refund.failed",
  }
  for (const { from, event, emits } of REFUND_TRANSITIONS) {
    if (from === "NONE") continue
    const before: Refund = { ...refund, state: from }
    const expected = emits.flatMap((it) => words[it] ?? [])
    assert.deepEqual(
      typesOf(refundNotifications(before, applyToRefund(before, event, 9_000))),
      expected,
      `${from} ${event}`,
    )
  }
})

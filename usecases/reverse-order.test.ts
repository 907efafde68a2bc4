import assert from "node:assert/strict"
import { test } from "node:test"
import { MERCHANT_ID, merchantAt, openShop, payRequest, WECHAT_CODE } from "../test/simulation/small-shop.ts"
import { reverseOrder } from "./reverse-order.ts"

const SILENCE = { kind: "unknown", cause: "time-out" } as const
const DAY_MS = 24 * 60 * 60_000

async function paidOrder() {
  const shop = await openShop()
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  const { tradeNo } = result.order
  return { shop, tradeNo, state: () => shop.tables.orders.get(tradeNo)?.state }
}

async function unknownOrder() {
  const shop = await openShop()
  shop.channel.onCharge = async () => SILENCE
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  const { tradeNo } = result.order
  return { shop, tradeNo, state: () => shop.tables.orders.get(tradeNo)?.state }
}

test("a number that was never seen is closed for good", async () => {
  const shop = await openShop()
  const reversed = await shop.reverse("N1")
  assert.ok(reversed.ok)
  assert.deepEqual([reversed.order.state, reversed.recall], ["CLOSED", "N"])
  const paid = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(paid.ok)
  assert.equal(paid.order.state, "CLOSED")
  assert.deepEqual(shop.channel.charges, [])
})

test("the platform's number of nobody's order, or of another merchant's, is not found", async () => {
  const { shop, tradeNo, state } = await paidOrder()
  shop.tables.merchants.set("M2", { ...merchantAt(1), merchantId: "M2" })
  const arrived = { nowMs: shop.time.nowMs(), monotonicMs: shop.time.monotonicMs() }
  for (const [merchantId, number] of [
    [MERCHANT_ID, "1".repeat(26)],
    ["M2", tradeNo],
  ] as const) {
    const result = await reverseOrder(shop.ports, merchantId, { tradeNo: number }, arrived)
    assert.deepEqual(result, { ok: false, refusal: { code: "ORDER_NOT_FOUND" } })
  }
  assert.equal(state(), "PAID")
})

test("an order that was paid today goes back within the call", async () => {
  const { shop, state } = await paidOrder()
  shop.channel.onRefund = async () => ({ kind: "returned" })
  const reversed = await shop.reverse("N1")
  assert.ok(reversed.ok)
  assert.deepEqual([reversed.order.state, reversed.recall], ["CLOSED", "N"])
  assert.equal(state(), "CLOSED")
  assert.deepEqual(shop.undoings, [])
})

test("an order that was paid on another day of the merchant's is not reversed", async () => {
  const { shop, state } = await paidOrder()
  await shop.wait(DAY_MS)
  const refused = { ok: false, refusal: { code: "REVERSE_WINDOW_CLOSED" } }
  assert.deepEqual(await shop.reverse("N1"), refused)
  assert.equal(state(), "PAID")
})

test("an order that may still be charged is marked at once and undone later, by itself", async () => {
  const { shop, tradeNo, state } = await unknownOrder()
  const reversed = await shop.reverse("N1")
  assert.ok(reversed.ok)
  assert.equal(reversed.recall, "Y")
  assert.equal(state(), "REVERSING")
  assert.deepEqual(shop.channel.reverses, [])
  assert.deepEqual(shop.undoings, [tradeNo])
})

test("an undoing that the call does not finish goes on by itself, and the answer is in time", async () => {
  const { shop, tradeNo, state } = await paidOrder()
  shop.channel.onRefund = async ({ timeoutMs }) => {
    await shop.time.sleep(timeoutMs)
    return SILENCE
  }
  const askedAtMs = shop.time.monotonicMs()
  const reversed = await shop.reverse("N1")
  assert.ok(reversed.ok && reversed.recall === "Y")
  assert.ok(shop.time.monotonicMs() - askedAtMs <= 9_000)
  assert.equal(state(), "UNDOING")
  assert.deepEqual(shop.undoings, [tradeNo])
})

test("a refund that the channel refuses for good leaves the order paid, and the merchant is told no", async () => {
  const { shop, state } = await paidOrder()
  shop.channel.onRefund = async () => ({ kind: "refused", channelCode: "NOT_ENOUGH" })
  shop.channel.onQuery = async () => ({ kind: "charged", channelTradeNo: "42", couponFen: 0 })
  const reversed = await shop.reverse("N1")
  assert.deepEqual(reversed, { ok: false, refusal: { code: "ORDER_STATE_FORBIDS" } })
  assert.equal(state(), "PAID")
  assert.equal((await shop.stores.exceptions.list(1))[0]?.kind, "undo refused")
})

test("ten reversals at once give the money back once", async () => {
  const { shop, state } = await paidOrder()
  shop.channel.onRefund = async () => ({ kind: "returned" })
  const results = await Promise.all(Array.from({ length: 10 }, () => shop.reverse("N1")))
  assert.ok(results.every((it) => it.ok))
  assert.equal(state(), "CLOSED")
  assert.equal(new Set(shop.channel.refunds.map((it) => it.channelRefundNo)).size, 1)
})

test("what ended without its money is answered as it is", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "declined", code: "BALANCE_INSUFFICIENT", channelCode: "X" })
  await shop.pay(payRequest(WECHAT_CODE))
  const reversed = await shop.reverse("N1")
  assert.ok(reversed.ok)
  assert.deepEqual([reversed.order.state, reversed.recall], ["FAILED", "N"])
})

test("paid just after midnight, reversed by a call that came just before: still that day", async () => {
  const { shop, state } = await paidOrder()
  shop.channel.onRefund = async () => ({ kind: "returned" })
  const reversed = await shop.reverse("N1", { arrivedMs: shop.ports.clock.nowMs() - DAY_MS })
  assert.ok(reversed.ok)
  assert.equal(state(), "CLOSED")
})

test("a workflow that cannot be started does not fail the answer: the undoing stands in the store", async () => {
  const { shop, state } = await paidOrder()
  shop.channel.onRefund = async () => ({ kind: "unknown", cause: "time-out" })
  const undoings = { ensure: () => Promise.reject(new Error("no workflow today")) }
  const reversed = await shop.reverse("N1", { ports: { ...shop.ports, undoings } })
  assert.ok(reversed.ok)
  assert.deepEqual([reversed.recall, state()], ["Y", "UNDOING"])
})

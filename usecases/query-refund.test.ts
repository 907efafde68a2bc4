import assert from "node:assert/strict"
import { test } from "node:test"
import { LEASE_MS } from "../domain/order.ts"
import { refundIdOf } from "../domain/refund-number.ts"
import { paidOrder, unknownRefund } from "../test/simulation/refunded-order.ts"
import { MERCHANT_ID } from "../test/simulation/small-shop.ts"
import { queryRefund } from "./query-refund.ts"

test("a refund is found by either of its numbers, or by both", async () => {
  const { shop, refundIdFor } = await unknownRefund()
  const refundId = refundIdFor()
  for (const numbers of [{ outRefundNo: "F1" }, { refundId }, { outRefundNo: "F1", refundId }])
    assert.equal((await queryRefund(shop.ports, MERCHANT_ID, numbers))?.refundId, refundId)
})

test("numbers that do not name one refund of this merchant find nothing", async () => {
  const { shop, refundIdFor } = await unknownRefund()
  const refundId = refundIdFor()
  for (const numbers of [
    {},
    { outRefundNo: "F2" },
    { outRefundNo: "F2", refundId },
    { refundId: refundIdOf(MERCHANT_ID, "F2") },
    { refundId: "1" },
  ])
    assert.equal(await queryRefund(shop.ports, MERCHANT_ID, numbers), undefined)
  for (const numbers of [{ outRefundNo: "F1" }, { refundId }])
    assert.equal(await queryRefund(shop.ports, "M2", numbers), undefined)
})

test("a number that was given up is nobody's", async () => {
  const { shop, stored, refundIdFor } = await unknownRefund()
  const refund = stored()
  assert.ok(refund)
  shop.tables.refunds.set(refundIdFor(), { ...refund, state: "RETRACTED" })
  assert.equal(await queryRefund(shop.ports, MERCHANT_ID, { outRefundNo: "F1" }), undefined)
})

test("asking about one that nobody holds wakes it with a single question, and sends nothing back", async () => {
  const { shop, refundIdFor } = await unknownRefund()
  await queryRefund(shop.ports, MERCHANT_ID, { outRefundNo: "F1" })
  const message = { refundId: refundIdFor(), step: 0, once: true }
  assert.deepEqual(shop.polls, [{ channel: "wechat", message, delayMs: 0 }])
  assert.deepEqual(shop.channel.refunds, [])
})

test("a claim is found only when its amount is held: before that it may still be given up", async () => {
  const { shop, refundIdFor } = await paidOrder()
  const seen: (string | undefined)[] = []
  const look = async () =>
    seen.push((await queryRefund(shop.ports, MERCHANT_ID, { outRefundNo: "F1" }))?.refundId)
  const { orders } = shop.ports
  const watched: typeof orders = {
    ...orders,
    async advance(previous, next) {
      await look()
      const result = await orders.advance(previous, next)
      await look()
      return result
    },
  }
  shop.channel.onRefund = async () => ({ kind: "returned" })
  assert.ok((await shop.refund("F1", 200, { ports: { ...shop.ports, orders: watched } })).ok)
  assert.deepEqual(seen, [undefined, refundIdFor()])
})

test("a claim whose owner died before its amount was held is not found, and somebody goes on with it", async () => {
  const { shop, refundIdFor, step } = await paidOrder()
  const orders = { ...shop.ports.orders, advance: () => Promise.reject(new Error("died")) }
  await assert.rejects(shop.refund("F1", 200, { ports: { ...shop.ports, orders } }))
  await shop.wait(LEASE_MS)
  assert.equal(await queryRefund(shop.ports, MERCHANT_ID, { outRefundNo: "F1" }), undefined)
  assert.deepEqual(
    shop.polls.map(({ message }) => message),
    [{ refundId: refundIdFor(), step: 0, once: true }],
  )
  shop.channel.onRefund = async () => ({ kind: "returned" })
  await step()
  assert.equal((await queryRefund(shop.ports, MERCHANT_ID, { outRefundNo: "F1" }))?.state, "SUCCEEDED")
})

test("asking about one that somebody holds, or that has ended, wakes nobody", async () => {
  const held = await paidOrder()
  held.shop.channel.onRefund = () => new Promise(() => {})
  await Promise.all([held.shop.refund("F1", 200), held.shop.time.run()])
  const ended = await paidOrder()
  ended.shop.channel.onRefund = async () => ({ kind: "returned" })
  await ended.shop.refund("F1", 200)
  for (const { shop } of [held, ended]) {
    shop.polls.length = 0
    assert.ok(await queryRefund(shop.ports, MERCHANT_ID, { outRefundNo: "F1" }))
    assert.deepEqual(shop.polls, [])
  }
})

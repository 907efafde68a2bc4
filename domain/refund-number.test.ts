import assert from "node:assert/strict"
import { test } from "node:test"
import { tradeNoOf } from "./order-number.ts"
import { channelRefundNoOf, isRefundId, refundIdOf } from "./refund-number.ts"

test("a refund's number is 26 digits and always the same for merchant and number", () => {
  const refundId = refundIdOf("M10001", "F1")
  assert.match(refundId, /^[1-9]\d{25}$/)
  assert.equal(refundIdOf("M10001", "F1"), refundId)
  assert.ok(isRefundId(refundId))
})

test("merchant and number are told apart, and refunds from orders", () => {
  const numbers = [
    refundIdOf("M1", "1F"),
    refundIdOf("M11", "F"),
    refundIdOf("M1", "F1"),
    tradeNoOf("M1", "F1"),
  ]
  assert.equal(new Set(numbers).size, numbers.length)
})

test("what is no refund's number is told from one", () => {
  for (const wrong of ["", "1", "0".repeat(26), "1".repeat(25), "1".repeat(27), `${"1".repeat(25)}x`])
    assert.ok(!isRefundId(wrong), wrong)
})

test("each of a refund's numbers at the channel is another, and no undoing's", () => {
  const refundId = refundIdOf("M1", "F1")
  assert.equal(channelRefundNoOf(refundId, 1, 1), `${refundId}0101`)
  const all = Array.from({ length: 99 }, (_, index) => channelRefundNoOf(refundId, 1, index + 1))
  assert.equal(new Set(all).size, 99)
  assert.ok(all.every((it) => /^\d{30}$/.test(it)))
})

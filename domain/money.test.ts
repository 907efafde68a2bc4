import assert from "node:assert/strict"
import { test } from "node:test"
import { assertFen, isFen } from "./money.ts"

test("an amount is a whole number of fen, zero or more", () => {
  for (const value of [0, 1, 100_000_000, Number.MAX_SAFE_INTEGER]) assert.equal(isFen(value), true)
  for (const value of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "1", null, undefined, 1n]) {
    assert.equal(isFen(value), false)
  }
})

test("what is no amount is a fault that names where it came from", () => {
  assert.equal(assertFen(7, "the channel's total"), 7)
  assert.throws(
    () => assertFen(0.1 + 0.2, "the channel's total"),
    /the channel's total is not an amount in fen/,
  )
})

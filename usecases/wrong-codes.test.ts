import assert from "node:assert/strict"
import { test } from "node:test"
import { memoryWrongCodes } from "../test/simulation/memory-merchants.ts"
import { countWrongCode, wrongCodesBlocked, wrongCodeWindow } from "./wrong-codes.ts"

const LIMITS = { limit: 3, windowMs: 300_000 }

test("windows begin every five minutes and say how long they still last", () => {
  assert.deepEqual(wrongCodeWindow(LIMITS, 300_000), { startMs: 300_000, secondsLeft: 300 })
  assert.deepEqual(wrongCodeWindow(LIMITS, 599_999), { startMs: 300_000, secondsLeft: 1 })
  assert.deepEqual(wrongCodeWindow(LIMITS, 600_000), { startMs: 600_000, secondsLeft: 300 })
})

test("as many wrong codes as the limit are answered; from then on nothing is, until the next window", async () => {
  const store = memoryWrongCodes(new Map())
  const blocked = (nowMs: number) => wrongCodesBlocked(store, LIMITS, "M1", nowMs)
  for (let n = 1; n <= 3; n++) {
    assert.equal(await blocked(1), undefined)
    assert.equal(await countWrongCode(store, LIMITS, "M1", 1), undefined)
  }
  assert.deepEqual(await countWrongCode(store, LIMITS, "M1", 1_000), { blockedForSeconds: 299 })
  assert.deepEqual(await blocked(1_000), { blockedForSeconds: 299 })
  assert.equal(await blocked(300_000), undefined)
})

test("one merchant's wrong codes do not block another", async () => {
  const store = memoryWrongCodes(new Map())
  for (let n = 1; n <= 9; n++) await countWrongCode(store, LIMITS, "M1", 0)
  assert.equal(await countWrongCode(store, LIMITS, "M2", 0), undefined)
})

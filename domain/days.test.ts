import assert from "node:assert/strict"
import { test } from "node:test"
import { localDateTime } from "./days.ts"

const CASES: readonly [at: string, timeZone: string, time: string, why: string][] = [
  ["2025-06-01T15:59:59.999Z", "Asia/Shanghai", "20250601235959", "the last moment of a day in Shanghai"],
  [
    "2025-06-01T16:00:00.000Z",
    "Asia/Shanghai",
    "20250602000000",
    "midnight is the next day, and its hour is 00",
  ],
  ["2025-12-31T16:00:00.000Z", "Asia/Shanghai", "20260101000000", "the year turns at local midnight"],
  ["2024-02-28T16:00:00.000Z", "Asia/Shanghai", "20240229000000", "a leap day"],
  ["2025-03-30T00:59:59.000Z", "Europe/Berlin", "20250330015959", "the second before clocks go forward"],
  ["2025-03-30T01:00:00.000Z", "Europe/Berlin", "20250330030000", "two o'clock does not exist"],
  ["2025-10-26T00:30:00.000Z", "Europe/Berlin", "20251026023000", "half past two, the first time"],
  ["2025-10-26T01:30:00.000Z", "Europe/Berlin", "20251026023000", "half past two, the second time"],
  ["2025-10-25T22:00:00.000Z", "Europe/Berlin", "20251026000000", "a day of 25 hours begins"],
  ["2025-10-26T23:00:00.000Z", "Europe/Berlin", "20251027000000", "and ends 25 hours later"],
]

for (const [at, timeZone, time, why] of CASES) {
  test(`${at} in ${timeZone} is ${time}: ${why}`, () => {
    assert.deepEqual(localDateTime(Date.parse(at), timeZone), { date: time.slice(0, 8), time })
  })
}

test("shops are in Shanghai unless they say otherwise", () => {
  const atMs = Date.parse("2025-06-01T16:00:00Z")
  assert.deepEqual(localDateTime(atMs), localDateTime(atMs, "Asia/Shanghai"))
})

test("an unknown zone is a fault, not UTC", () => {
  assert.throws(() => localDateTime(0, "Asia/Nowhere"), RangeError)
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { billDayIsOver, billDayOf, daysAfter } from "./bill-day.ts"

const SHANGHAI = "Asia/Shanghai"
/** UTC. */
const at = (text: string) => Date.parse(`${text}Z`)

test("a movement stands in its own day's bill until half past midnight in the merchant's zone, then in the day's it came", () => {
  const bill = (text: string, zone = SHANGHAI) => billDayOf("20260131", at(text), zone)
  assert.equal(bill("2026-01-31T04:00"), "20260131")
  assert.equal(bill("2026-01-31T15:59:59.999"), "20260131")
  assert.equal(bill("2026-01-31T16:00"), "20260131")
  assert.equal(bill("2026-01-31T16:29:59.999"), "20260131")
  assert.equal(bill("2026-01-31T16:30"), "20260201")
  assert.equal(bill("2026-02-03T15:59"), "20260203")
  assert.equal(bill("2026-02-03T16:10"), "20260204")
  assert.equal(bill("2026-01-31T16:30", "America/Los_Angeles"), "20260131")
  assert.equal(bill("2026-02-01T08:30", "America/Los_Angeles"), "20260201")
})

test("a day is over a little after it has closed, wherever the merchant is", () => {
  const over = (text: string, zone = SHANGHAI) => billDayIsOver("20260131", at(text), zone)
  assert.equal(over("2026-01-31T16:39:59"), false)
  assert.equal(over("2026-01-31T16:40"), true)
  // Two in the morning in Shanghai.
  assert.equal(over("2026-01-31T18:00", "Pacific/Kiritimati"), true)
  assert.equal(over("2026-01-31T18:00", "Europe/Berlin"), false)
  assert.equal(over("2026-02-01T18:00", "Etc/GMT+12"), true)
})

test("nothing comes to a bill once its day is over", () => {
  for (let minute = 0; minute < 3 * 24 * 60; minute++) {
    const nowMs = at("2026-03-28T00:00") + minute * 60_000
    for (const zone of [SHANGHAI, "Europe/Berlin", "Etc/GMT+12"]) {
      const over = billDayIsOver("20260328", nowMs, zone)
      assert.ok(!over || billDayOf("20260328", nowMs, zone) > "20260328", `${zone} ${minute}`)
    }
  }
})

test("days are counted by the calendar", () => {
  assert.equal(daysAfter("20260228", 1), "20260301")
  assert.equal(daysAfter("20280228", 1), "20280229")
  assert.equal(daysAfter("20260101", -1), "20251231")
  assert.equal(daysAfter("20260131", 0), "20260131")
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { readScheduleExpression } from "./schedule-expression.ts"

const at = (text: string) => Date.parse(text)

const due: [expression: string, zone: string, after: string, next: string | undefined][] = [
  ["cron(0 1,13 * * ? *)", "Asia/Shanghai", "2026-11-21T00:00:00Z", "2026-11-21T05:00:00Z"],
  ["cron(0 1,13 * * ? *)", "Asia/Shanghai", "2026-11-21T05:00:00Z", "2026-11-21T17:00:00Z"],
  ["cron(0 1,13 * * ? *)", "Asia/Shanghai", "2026-11-21T04:59:59.999Z", "2026-11-21T05:00:00Z"],
  ["cron(30 0 * * ? *)", "UTC", "2026-12-31T00:30:00Z", "2027-01-01T00:30:00Z"],
  ["cron(0/20 9-10 ? * MON-FRI *)", "UTC", "2026-11-21T09:00:00Z", "2026-11-23T09:00:00Z"],
  ["cron(0/20 9-10 ? * MON-FRI *)", "UTC", "2026-11-23T10:40:00Z", "2026-11-24T09:00:00Z"],
  ["cron(0 0 29 FEB ? *)", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"],
  ["cron(0 0 1 1 ? 2027/2)", "UTC", "2027-06-01T00:00:00Z", "2029-01-01T00:00:00Z"],
  ["cron(0 0 1 1 ? 2020)", "UTC", "2026-01-01T00:00:00Z", undefined],
  // Clocks leap from 02:00 to 03:00, and show 01:00 to 02:00 twice.
  ["cron(30 2 * * ? *)", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-09T06:30:00Z"],
  ["cron(30 1 * * ? *)", "America/New_York", "2026-10-31T12:00:00Z", "2026-11-01T05:30:00Z"],
  ["cron(30 1 * * ? *)", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
  ["rate(5 minutes)", "UTC", "2026-01-01T00:12:00Z", "2026-01-01T00:15:00Z"],
  ["rate(1 hour)", "UTC", "2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"],
  ["rate(2 days)", "UTC", "2026-01-04T01:00:00Z", "2026-01-05T00:00:00Z"],
]
for (const [expression, zone, after, next] of due) {
  test(`${expression} in ${zone} after ${after} comes ${next ?? "never again"}`, () => {
    const nextAfter = readScheduleExpression(expression, zone, at("2026-01-01T00:00:00Z"))
    const foundMs = nextAfter(at(after))
    assert.equal(foundMs, next === undefined ? undefined : at(next))
  })
}

for (const expression of [
  "cron(0 1 * * *)",
  "cron(0 24 * * ? *)",
  "cron(0 1 L * ? *)",
  "cron(0 1 ? * 2#1 *)",
  "cron(0 1 * * ? */0)",
  "cron(x 1 * * ? *)",
  "rate(0 minutes)",
  "rate(5 seconds)",
  "at(2026-01-01T00:00:00)",
]) {
  test(`${expression} is refused by name`, () => {
    assert.throws(
      () => readScheduleExpression(expression, "UTC", 0),
      /is no schedule that the local platform can read/,
    )
  })
}

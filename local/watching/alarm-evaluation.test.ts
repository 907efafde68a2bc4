import assert from "node:assert/strict"
import { test } from "node:test"
import { evaluate } from "./alarm-evaluation.ts"
import { type DataPoint, metricStore } from "./metric-store.ts"
import type { AlarmDefinition } from "./watched-resources.ts"

const MINUTE_MS = 60_000
const NOW_MS = Date.UTC(2025, 5, 1, 4)
const metric = { namespace: "N", name: "M", dimensions: {} }

const alarm: AlarmDefinition = {
  name: "a",
  description: "",
  metrics: { m: { metric, statistic: "Sum" } },
  value: (at) => at("m"),
  periodMs: MINUTE_MS,
  threshold: 1,
  breaches: (value, threshold) => value >= threshold,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  missing: "missing",
}

/** Values of the last minutes, the newest last: X breaches, 0 does not, - is missing, . was not lived. */
function verdict(minutes: string, overrides: Partial<AlarmDefinition> = {}) {
  const store = metricStore()
  const marks = [...minutes].reverse()
  marks.forEach((mark, ago) => {
    const point = (value: number): DataPoint => ({ metric, value, atMs: NOW_MS - (ago + 1) * MINUTE_MS })
    if (mark === "X" || mark === "0") store.put(point(mark === "X" ? 1 : 0))
  })
  const lived = (fromMs: number) => (marks[(NOW_MS - fromMs) / MINUTE_MS - 1] ?? ".") !== "."
  return evaluate({ ...alarm, ...overrides }, { store, nowMs: NOW_MS, lived }).state
}

// Rows of the table for 3 out of 3 in https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
const documented: [minutes: string, state: Record<AlarmDefinition["missing"], string | undefined>][] = [
  ["0-X-X", { missing: "OK", ignore: "OK", breaching: "OK", notBreaching: "OK" }],
  ["0----", { missing: "OK", ignore: "OK", breaching: "OK", notBreaching: "OK" }],
  ["-----", { missing: "INSUFFICIENT_DATA", ignore: undefined, breaching: "ALARM", notBreaching: "OK" }],
  ["0XX-X", { missing: "ALARM", ignore: "ALARM", breaching: "ALARM", notBreaching: "ALARM" }],
  ["XXXXX", { missing: "ALARM", ignore: "ALARM", breaching: "ALARM", notBreaching: "ALARM" }],
]

for (const [minutes, states] of documented) {
  for (const [missing, state] of Object.entries(states)) {
    test(`${minutes}, missing data treated as ${missing}: ${state ?? "as it was"}`, () => {
      assert.equal(verdict(minutes, { missing: missing as AlarmDefinition["missing"] }), state)
    })
  }
}

test("two of three are enough where the alarm says so", () => {
  assert.equal(verdict("0X0X0X", { datapointsToAlarm: 2 }), "ALARM")
  assert.equal(verdict("000X00", { datapointsToAlarm: 2 }), "OK")
})

test("what the platform did not live through is not missing", () => {
  assert.equal(verdict(".....", { missing: "breaching" }), undefined)
  assert.equal(verdict("....-", { missing: "breaching" }), undefined)
  assert.equal(verdict("..---", { missing: "breaching" }), "ALARM")
})

test("a percentile is that of all values in the period", () => {
  const store = metricStore()
  for (let value = 1; value <= 100; value++) store.put({ metric, value, atMs: NOW_MS - MINUTE_MS })
  const read = (statistic: string) => store.read(metric, statistic, NOW_MS - 5 * MINUTE_MS, NOW_MS)
  assert.deepEqual(["p50", "p99", "Maximum", "SampleCount", "Average"].map(read), [50, 99, 100, 100, 50.5])
  assert.equal(read("Sum"), 5050)
  assert.throws(() => read("TM(10%:90%)"), /not known/)
})

test("other dimensions are another metric", () => {
  const store = metricStore()
  store.put({ metric: { ...metric, dimensions: { Channel: "alipay" } }, value: 1, atMs: NOW_MS })
  assert.equal(store.read(metric, "Sum", 0, NOW_MS + 1), undefined)
})

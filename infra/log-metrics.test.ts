import assert from "node:assert/strict"
import { test } from "node:test"
import type { LineFields } from "../http/log-line.ts"
import { readFilterPattern } from "../local/watching/filter-pattern.ts"
import { LINE_METRICS, type LineMetricName } from "./log-metrics.ts"
import { templatesOf } from "./test-templates.ts"

const order = { m: "M10001", o: "92243371668935635577005983", ch: "wechat" }

/** Each line as it is written, and everything it is counted as. */
const lines: [what: string, line: LineFields, counted: LineMetricName[]][] = [
  [
    "a payment that is paid at once",
    { call: "applypay", id: "1", ...order, code: "SUCCESS", st: "PAID", cert: 612, ms: 640 },
    ["Payments", "Paid", "CertaintyMs"],
  ],
  [
    "the same call again",
    { call: "applypay", id: "1", ...order, code: "SUCCESS", st: "PAID", ms: 40 },
    ["Payments"],
  ],
  [
    "a payment that nothing is known of yet",
    { call: "applypay", id: "1", ...order, code: "SUCCESS", st: "PAYING", ms: 7_050 },
    ["Payments", "Unknown"],
  ],
  [
    "a question that found it paid",
    { call: "poll", id: "1", ...order, code: "SUCCESS", st: "PAID", cert: 12_300, ms: 80 },
    ["Paid", "CertaintyMs"],
  ],
  [
    "a step that closed it",
    { call: "undo", id: "1", ...order, code: "SUCCESS", st: "CLOSED", cert: 96_000, ms: 80 },
    ["Closed", "CertaintyMs"],
  ],
  [
    "a code that was refused before a channel was chosen",
    { call: "applypay", id: "1", m: "M10001", code: "SUCCESS", st: "FAILED", cert: 8, ms: 20 },
    [],
  ],
  [
    "a wrong signature",
    { call: "orderquery", id: "1", code: "SIGNATURE_INVALID", ms: 2 },
    ["Refused", "SignaturesRefused"],
  ],
  ["a fault", { call: "applypay", id: "1", code: "SYSTEM_ERROR", ms: 2 }, ["Refused", "FaultsAnswered"]],
  ["an open breaker", { call: "applypay", id: "1", code: "TRY_AGAIN", ms: 2 }, ["Refused", "FaultsAnswered"]],
  [
    "an order number that is reused",
    { call: "applypay", id: "1", code: "ORDER_NO_REUSED", ms: 2 },
    ["Refused"],
  ],
  [
    "the daily check",
    { call: "daily", id: "1", orders: 8, notFinal: 0, faults: 0, ms: 900 },
    ["DailyChecks"],
  ],
  [
    "a day whose bills are made",
    { call: "makebills", id: "1", movements: 8, bills: 2, waiting: 0, faults: 0, ms: 900 },
    ["BillDays"],
  ],
]

for (const [what, line, counted] of lines) {
  test(`${what} counts as ${counted.join(", ") || "nothing"}`, () => {
    const names = Object.keys(LINE_METRICS) as LineMetricName[]
    const found = names.filter((name) => readFilterPattern(LINE_METRICS[name].pattern)(line))
    assert.deepEqual(found, counted)
  })
}

test("each function's log is counted beside it, in the namespace of its stage", () => {
  const { api, workers } = templatesOf({ stage: "test" })
  const metricsOf = (template: typeof api, log: string) =>
    Object.values(template.findResources("AWS::Logs::MetricFilter"))
      .filter(({ Properties }) => Properties.LogGroupName.Ref.startsWith(log))
      .map(({ Properties }) => Properties.MetricTransformations[0])
  const names = (template: typeof api, log: string) => metricsOf(template, log).map((it) => it.MetricName)
  assert.deepEqual(names(workers, "PollLog"), ["Paid", "Failed", "Closed", "CertaintyMs"])
  assert.deepEqual(names(workers, "DailyLog"), ["DailyChecks"])
  assert.deepEqual(names(api, "KeysLog"), ["Refused", "FaultsAnswered"])
  assert.deepEqual(names(workers, "EffectsLog"), [])
  assert.deepEqual(
    metricsOf(workers, "PollLog").find(({ MetricName }) => MetricName === "CertaintyMs"),
    {
      MetricName: "CertaintyMs",
      MetricNamespace: "MetroPay/test",
      MetricValue: "$.cert",
      Dimensions: [{ Key: "Channel", Value: "$.ch" }],
    },
  )
})

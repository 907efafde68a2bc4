import assert from "node:assert/strict"
import { test } from "node:test"
import { readMetricMath } from "./metric-math.ts"

const data: Record<string, number | undefined> = { payments: 40, unknown: 8, none: undefined, zero: 0 }

const cases: [expression: string, value: number | undefined][] = [
  ["payments", 40],
  ["payments - unknown * 2", 24],
  ["(payments - unknown) * 2", 64],
  ["payments / unknown / 5", 1],
  ["100 * unknown / payments", 20],
  ["FILL(none, 0) + FILL(unknown, 0)", 8],
  ["payments + none", undefined],
  ["IF(FILL(payments, 0) >= 20, 100 * FILL(unknown, 0) / payments, 0)", 20],
  ["IF(FILL(none, 0) >= 20, 100 * FILL(unknown, 0) / none, 0)", 0],
  ["IF(none > 1, 1, 0)", undefined],
  // CloudWatch drops what is no finite number.
  ["payments / zero", undefined],
]

for (const [expression, value] of cases) {
  test(`${expression} comes to ${value ?? "no data"}`, () => {
    assert.equal(
      readMetricMath(expression)((id) => data[id]),
      value,
    )
  })
}

test("what CloudWatch knows and we do not is refused by name", () => {
  for (const expression of [
    "ANOMALY_DETECTION_BAND(m1, 2)",
    "SUM(METRICS())",
    "m1 AND m2",
    "FILL(m1, REPEAT",
    "2 +",
  ])
    assert.throws(() => readMetricMath(expression), /not known to the local platform/)
})

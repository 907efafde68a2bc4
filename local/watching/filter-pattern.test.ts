import assert from "node:assert/strict"
import { test } from "node:test"
import { readFilterPattern } from "./filter-pattern.ts"

const line = { call: "applypay", st: "PAID", cert: 812, ch: "wechat", code: "SUCCESS" }

const cases: [pattern: string, meant: boolean][] = [
  [`{ $.st = "PAID" }`, true],
  [`{ $.st = "CLOSED" }`, false],
  [`{ ($.st = "PAID") && ($.cert = *) }`, true],
  [`{ ($.st = "PAID") && ($.late = *) }`, false],
  [`{ ($.st = "CLOSED") || ($.st = "PAID") }`, true],
  [`{ ($.code = *) && ($.code != "SUCCESS") }`, false],
  [`{ ($.code = *) && ($.code != "TRY_AGAIN") }`, true],
  [`{ $.cert = 812 }`, true],
  // What a line lacks is neither equal nor different.
  [`{ $.late != "x" }`, false],
  [`{ ($.st = "CLOSED") || (($.ch = "wechat") && ($.call = "applypay")) }`, true],
]

for (const [pattern, meant] of cases) {
  test(`${pattern} means ${meant ? "" : "not "}a paid order's line`, () => {
    assert.equal(readFilterPattern(pattern)(line), meant)
  })
}

test("a pattern that CloudWatch knows and we do not is refused by name", () => {
  for (const pattern of ["ERROR", `{ $.st = %PA.*% }`, `{ $.st = "PA*" }`, `{ ($.st = "PAID" }`])
    assert.throws(() => readFilterPattern(pattern), /not known to the local platform/)
})

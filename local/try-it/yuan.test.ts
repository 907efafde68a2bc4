import assert from "node:assert/strict"
import { test } from "node:test"
import { formatYuan, parseYuan } from "./page/yuan.ts"

const fen = (text: string) => {
  const parsed = parseYuan(text)
  return parsed.ok ? parsed.amountFen : parsed.refusal
}

test("what people type becomes fen, to the last one", () => {
  for (const [text, wanted] of [
    ["6", 600],
    ["6.", 600],
    ["6.5", 650],
    ["0.29", 29],
    ["4.35", 435],
    ["1,234.56", 123_456],
    [" ¥ 9.01 ", 901],
    ["１２．３４", 1234],
    ["12。5", 1250],
    ["0.01", 1],
    ["1,000,000.00", 100_000_000],
    ["00012", 1200],
  ] as const) {
    assert.equal(fen(text), wanted, text)
  }
})

test("what is no amount is refused, with the reason", () => {
  for (const [text, why] of [
    ["", "empty"],
    ["¥", "empty"],
    ["six", "malformed"],
    ["1.234", "malformed"],
    ["1e3", "malformed"],
    ["-1", "malformed"],
    ["1,23", "malformed"],
    [".5", "malformed"],
    ["0", "tooSmall"],
    ["0.00", "tooSmall"],
    ["1000000.01", "tooLarge"],
    ["99999999999999999999", "tooLarge"],
  ] as const) {
    assert.equal(fen(text), why, text)
  }
})

test("every amount is written so that it reads back as itself", () => {
  for (const amountFen of [1, 10, 99, 100, 901, 99_999, 100_000, 1_234_567, 100_000_000]) {
    assert.equal(fen(formatYuan(amountFen)), amountFen)
  }
  assert.equal(formatYuan(0), "0.00")
  assert.equal(formatYuan(123_456), "1,234.56")
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { channelOrderNoOf, isTradeNo, tradeNoOf } from "./order-number.ts"

// These numbers stand in merchants' books: a change that moves them loses every order there is.
for (const [merchantId, outRequestNo, tradeNo] of [
  ["M10001", "N1", "67641590913151398517098158"],
  ["M10001", "A-2025_06-01", "19403059656730971260398293"],
  ["M1", "0001N1", "45083796272680530478065133"],
] as const) {
  test(`the number of ${merchantId} ${outRequestNo} never changes`, () => {
    assert.equal(tradeNoOf(merchantId, outRequestNo), tradeNo)
  })
}

test("numbers have 26 digits and begin with none of them zero", () => {
  for (let n = 0; n < 2_000; n++) assert.match(tradeNoOf("M10001", `N${n}`), /^[1-9]\d{25}$/)
})

test("merchant and number cannot be shifted into one another", () => {
  assert.notEqual(tradeNoOf("M1", "0001N1"), tradeNoOf("M10001", "N1"))
  assert.notEqual(tradeNoOf("M", "1N"), tradeNoOf("M1", "N"))
})

test("what has another length or a foreign character is no number of ours", () => {
  const good = tradeNoOf("M10001", "N1")
  assert.equal(isTradeNo(good), true)
  for (const bad of [
    "",
    good.slice(1),
    `${good}0`,
    `0${good.slice(1)}`,
    `${good.slice(1)}x`,
    `${good.slice(1)}\n`,
  ]) {
    assert.equal(isTradeNo(bad), false)
  }
})

test("a channel knows a leg by the order's number and two digits", () => {
  assert.equal(channelOrderNoOf("67641590913151398517098158", 1), "6764159091315139851709815801")
  assert.equal(channelOrderNoOf("67641590913151398517098158", 12).length, 28)
})

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  BALANCE_TOO_SMALL,
  MERCHANT_ID,
  openShop,
  PAID,
  payRequest,
  UID,
} from "../test/simulation/small-shop.ts"
import { watchPayment } from "./watch-payment.ts"

async function watched() {
  const shop = await openShop()
  const { code, issued } = await shop.showCode()
  const status = async (uid = UID) => (await watchPayment(shop.ports, uid, issued.payId))?.status
  return { shop, code, issued, status }
}

test("a shown code waits until it is scanned, and expires", async () => {
  const { shop, status } = await watched()
  assert.equal(await status(), "WAITING")
  await shop.wait(60_000)
  assert.equal(await status(), "EXPIRED")
})

for (const [outcome, expected] of [
  [PAID, "PAID"],
  [BALANCE_TOO_SMALL, "FAILED"],
  [{ kind: "unknown", cause: "time-out" }, "PAYING"],
  [{ kind: "pending", waitingFor: "password" }, "PASSWORD"],
] as const) {
  test(`the app sees ${expected} when the channel says ${outcome.kind}`, async () => {
    const { shop, code, status } = await watched()
    shop.channel.onCharge = async () => outcome
    await shop.pay(payRequest(code))
    assert.equal(await status(), expected)
  })
}

test("the app is sent to the agreement where one is missing", async () => {
  const { shop, code, status } = await watched()
  await shop.stores.agreements.remove(shop.agreement)
  await shop.pay(payRequest(code))
  assert.equal(await status(), "AUTHORIZE")
})

test("a claim whose order was given up, or never put, is still waiting", async () => {
  const { shop, code, issued, status } = await watched()
  shop.tables.gates.delete(MERCHANT_ID)
  await shop.pay(payRequest(code))
  assert.equal(await status(), "WAITING")
  await shop.stores.codes.claim(issued.payId, { owner: "O", tradeNo: "none", attempt: "T" }, 0)
  assert.equal(await status(), "WAITING")
})

test("nobody watches another's code", async () => {
  const { status } = await watched()
  assert.equal(await status("U2"), undefined)
})

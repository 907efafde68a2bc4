import assert from "node:assert/strict"
import { test } from "node:test"
import { tradeNoOf } from "../domain/order-number.ts"
import { MERCHANT_ID, openShop, payRequest, WECHAT_CODE } from "../test/simulation/small-shop.ts"
import { queryOrder } from "./query-order.ts"

const TRADE_NO = tradeNoOf(MERCHANT_ID, "N1")

async function shopWithOrder() {
  const shop = await openShop()
  await shop.pay(payRequest(WECHAT_CODE))
  return shop
}

test("an order is found by either number, and by both where they agree", async () => {
  const shop = await shopWithOrder()
  for (const numbers of [
    { outRequestNo: "N1" },
    { tradeNo: TRADE_NO },
    { outRequestNo: "N1", tradeNo: TRADE_NO },
  ]) {
    assert.equal((await queryOrder(shop.ports, MERCHANT_ID, numbers))?.state, "PAID")
  }
})

test("another merchant's order, an unknown one and numbers that disagree are no order", async () => {
  const shop = await shopWithOrder()
  const asked = [
    ["M2", { outRequestNo: "N1" }],
    ["M2", { tradeNo: TRADE_NO }],
    [MERCHANT_ID, { outRequestNo: "N2" }],
    [MERCHANT_ID, { outRequestNo: "N2", tradeNo: TRADE_NO }],
    [MERCHANT_ID, { tradeNo: "12345" }],
    [MERCHANT_ID, {}],
  ] as const
  for (const [merchantId, numbers] of asked) {
    assert.equal(await queryOrder(shop.ports, merchantId, numbers), undefined)
  }
})

test("an order that was given up before it was charged does not exist", async () => {
  const shop = await openShop()
  shop.tables.gates.delete(MERCHANT_ID)
  await shop.pay(payRequest(WECHAT_CODE))
  assert.equal(shop.tables.orders.get(TRADE_NO)?.state, "RETRACTED")
  assert.equal(await queryOrder(shop.ports, MERCHANT_ID, { outRequestNo: "N1" }), undefined)
})

test("asking never charges; past the lease it has the channel asked, once for each time", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "unknown", cause: "time-out" })
  await shop.pay(payRequest(WECHAT_CODE))
  const ask = () => queryOrder(shop.ports, MERCHANT_ID, { outRequestNo: "N1" })
  assert.equal((await ask())?.state, "PAYING")
  assert.equal(shop.polls.length, 1)
  await shop.wait(25_000)
  await ask()
  assert.deepEqual(shop.polls.at(-1), {
    channel: "wechat",
    message: { tradeNo: TRADE_NO, legNo: 1, step: 2 },
    delayMs: 0,
  })
  assert.equal(shop.channel.charges.length, 1)
})

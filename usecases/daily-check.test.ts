import assert from "node:assert/strict"
import { test } from "node:test"
import { MERCHANT_ID, openShop, payRequest, WECHAT_CODE } from "../test/simulation/small-shop.ts"
import { checkDays } from "./daily-check.ts"
import { pollOrder } from "./poll-order.ts"

/** A shop that keeps its orders by day, with one order whose charge was not answered and all of whose messages are lost. */
async function forgottenOrder() {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "unknown", cause: "time-out" })
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  shop.polls.length = 0
  const days = {
    merchantIds: async () => [MERCHANT_ID],
    async *tradeNos(merchantId: string, day: string) {
      const orders = [...shop.tables.orders.values()]
      yield orders.filter((it) => it.merchantId === merchantId && it.day === day).map((it) => it.tradeNo)
    },
    async *refundIds() {},
  }
  return {
    shop,
    tradeNo: result.order.tradeNo,
    days,
    check: () => checkDays({ ...shop.ports, days, onFault: assert.fail }),
  }
}

test("an order that everybody forgot is found by its day, shown to a person and asked about", async () => {
  const { shop, tradeNo, check } = await forgottenOrder()
  await shop.wait(13 * 60 * 60_000)
  assert.deepEqual(await check(), { merchants: 1, orders: 1, notFinal: 1, faults: 0 })
  const [noted] = await shop.stores.exceptions.list(10)
  assert.deepEqual([noted?.tradeNo, noted?.kind], [tradeNo, "not final"])
  const [sent] = shop.polls
  assert.ok(sent && "tradeNo" in sent.message)
  assert.equal(await pollOrder(shop.ports, sent.message), "being undone")
})

test("yesterday's orders are looked at, and what is too young to worry about is left alone", async () => {
  const { shop, check } = await forgottenOrder()
  assert.equal((await check()).notFinal, 0)
  assert.deepEqual(shop.polls, [])
  await shop.wait(24 * 60 * 60_000)
  assert.equal((await check()).notFinal, 1)
})

test("an order that is final is none of its business", async () => {
  const { shop, check } = await forgottenOrder()
  shop.channel.onQuery = async () => ({ kind: "charged", channelTradeNo: "42", couponFen: 0 })
  const [order] = shop.tables.orders.values()
  await pollOrder(shop.ports, { tradeNo: order?.tradeNo ?? "", legNo: 1, step: 0 })
  await shop.wait(60 * 60_000)
  assert.deepEqual(await check(), { merchants: 1, orders: 1, notFinal: 0, faults: 0 })
  assert.deepEqual(await shop.stores.exceptions.list(10), [])
})

test("what stands on the desk is tried on, however old its day is", async () => {
  const { shop, days, check } = await forgottenOrder()
  await shop.wait(13 * 60 * 60_000)
  await check()
  shop.polls.length = 0
  await shop.wait(5 * 24 * 60 * 60_000)
  const none = { ...days, merchantIds: async () => [] }
  const result = await checkDays({ ...shop.ports, days: none, onFault: assert.fail })
  assert.equal(result.notFinal, 1)
  assert.equal(shop.polls.length, 1)
})

test("an order that cannot be read keeps no other from being looked at", async () => {
  const { shop, tradeNo, days } = await forgottenOrder()
  await shop.wait(13 * 60 * 60_000)
  const orders = {
    ...shop.ports.orders,
    read: async (wanted: string) => {
      if (wanted === "broken") throw new Error("unreadable")
      return shop.ports.orders.read(wanted)
    },
  }
  const withBroken = {
    merchantIds: async () => ["M-without-days", MERCHANT_ID],
    async *tradeNos(merchantId: string, day: string) {
      if (merchantId !== MERCHANT_ID) throw new Error("no such index")
      yield ["broken"]
      yield* days.tradeNos(merchantId, day)
    },
    async *refundIds() {},
  }
  const faults: string[] = []
  const onFault = (subject: string) => void faults.push(subject)
  const result = await checkDays({ ...shop.ports, orders, days: withBroken, onFault })
  assert.equal(result.notFinal, 1)
  assert.equal((await shop.stores.exceptions.list(10))[0]?.tradeNo, tradeNo)
  assert.deepEqual([...new Set(faults)].sort(), ["M-without-days", "broken"])
})

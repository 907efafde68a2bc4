import assert from "node:assert/strict"
import { test } from "node:test"
import { BALANCE_TOO_SMALL, openShop, PAID, payRequest, WECHAT_CODE } from "../test/simulation/small-shop.ts"
import { pollOrder } from "./poll-order.ts"

/** An order whose charge was not answered, and whose lease is over after `waitMs`. */
async function unknownOrder(waitMs = 30_000) {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "unknown", cause: "time-out" })
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  shop.polls.length = 0
  if (waitMs > 0) await shop.wait(waitMs)
  const { tradeNo } = result.order
  const poll = (step = 0) => pollOrder(shop.ports, { tradeNo, legNo: 1, step })
  const state = () => shop.tables.orders.get(tradeNo)?.state
  return { shop, tradeNo, poll, state }
}

test("money that the channel took is found, also within the lease", async () => {
  for (const waitMs of [0, 30_000]) {
    const { shop, poll, state } = await unknownOrder(waitMs)
    shop.channel.onQuery = async () => PAID
    assert.equal(await poll(), "settled")
    assert.equal(state(), "PAID")
    assert.deepEqual(shop.polls, [])
  }
})

test("a refusal counts only once the order's owner has gone", async () => {
  const early = await unknownOrder(0)
  early.shop.channel.onQuery = async () => BALANCE_TOO_SMALL
  assert.equal(await early.poll(), "asked again later")
  assert.equal(early.state(), "PAYING")
  const late = await unknownOrder()
  late.shop.channel.onQuery = async () => BALANCE_TOO_SMALL
  assert.equal(await late.poll(), "settled")
  assert.equal(late.state(), "FAILED")
})

for (const outcome of [
  { kind: "notFound" },
  { kind: "closed" },
  { kind: "unknown", cause: "time-out" },
  { kind: "pending", waitingFor: "channel" },
  { ...PAID, kind: "returned" },
] as const) {
  test(`"${outcome.kind}" is no clear word: the order stays paying, and the next question is a new message`, async () => {
    const { shop, tradeNo, poll, state } = await unknownOrder()
    shop.channel.onQuery = async () => outcome
    assert.equal(await poll(), "asked again later")
    assert.deepEqual(shop.polls, [
      { channel: "wechat", message: { tradeNo, legNo: 1, step: 1 }, delayMs: 10_000 },
    ])
    assert.equal(await poll(1), "plan used up")
    assert.equal(shop.polls.length, 1)
    assert.equal(state(), "PAYING")
  })
}

test("that the customer is entering the password is written once", async () => {
  const { shop, tradeNo, poll } = await unknownOrder()
  shop.channel.onQuery = async () => ({ kind: "pending", waitingFor: "password" })
  await poll()
  await poll(1)
  const order = shop.tables.orders.get(tradeNo)
  assert.deepEqual(
    order?.events.map((it) => it.event),
    ["accepted", "passwordAsked"],
  )
})

test("a message that comes twice settles the order once", async () => {
  const { shop, tradeNo, poll } = await unknownOrder()
  shop.channel.onQuery = async () => PAID
  assert.deepEqual(await Promise.all([poll(), poll()]), ["settled", "settled"])
  assert.equal(await poll(), "nothing to ask")
  assert.equal(shop.tables.orders.get(tradeNo)?.version, 2)
})

test("there is nothing to ask about an order, a leg or a channel that is not there", async () => {
  const { shop, tradeNo } = await unknownOrder()
  const message = { tradeNo, legNo: 1, step: 0 }
  assert.equal(await pollOrder(shop.ports, { ...message, tradeNo: "1".repeat(26) }), "nothing to ask")
  assert.equal(await pollOrder(shop.ports, { ...message, legNo: 2 }), "nothing to ask")
  assert.equal(await pollOrder({ ...shop.ports, channels: {} }, message), "nothing to ask")
  assert.equal(shop.channel.queries.length, 0)
})

test("the question names the order as the charge did", async () => {
  const { shop, tradeNo, poll } = await unknownOrder()
  await poll()
  const [charge] = shop.channel.charges
  const [query] = shop.channel.queries
  assert.deepEqual(query?.account, charge?.account)
  assert.deepEqual(
    [query?.channelOrderNo, query?.amountFen, query?.intent, query?.orderedAtMs],
    [`${tradeNo}01`, 500, "code", charge?.orderedAtMs],
  )
})

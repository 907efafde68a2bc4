import assert from "node:assert/strict"
import { test } from "node:test"
import { LEASE_MS } from "../domain/order.ts"
import { BALANCE_TOO_SMALL, openShop, PAID, payRequest, WECHAT_CODE } from "../test/simulation/small-shop.ts"
import { pollOrder } from "./poll-order.ts"
import { undoOrder } from "./undo-order.ts"

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

/** An order that was reversed before its channel had taken anything. */
async function closedOrder() {
  const unknown = await unknownOrder()
  const { shop, tradeNo } = unknown
  await unknown.poll(1)
  shop.channel.onReverse = async () => ({ kind: "undone" })
  await undoOrder(shop.ports, { tradeNo }, shop.time.monotonicMs() + 10_000)
  assert.equal(unknown.state(), "CLOSED")
  shop.undoings.length = 0
  return unknown
}

function orderEndsMs({ tables }: Awaited<ReturnType<typeof openShop>>): number {
  const [order] = tables.orders.values()
  return (order?.createdAtMs ?? 0) + LEASE_MS
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
    const { shop, tradeNo, poll, state } = await unknownOrder(1_000)
    shop.channel.onQuery = async () => outcome
    assert.equal(await poll(), "asked again later")
    assert.deepEqual(shop.polls, [
      { channel: "wechat", message: { tradeNo, legNo: 1, step: 1 }, delayMs: 10_000 },
    ])
    assert.equal(state(), "PAYING")
  })
}

test("at the end of its plan an order that nobody can tell anything of is reversed", async () => {
  const { shop, tradeNo, poll, state } = await unknownOrder()
  assert.equal(await poll(1), "being undone")
  assert.equal(state(), "REVERSING")
  assert.deepEqual(shop.undoings, [tradeNo])
  assert.deepEqual(shop.polls, [])
})

test("the plan never ends while the order's owner may still be charging", async () => {
  const { shop, poll, state } = await unknownOrder(16_000)
  assert.equal(await poll(1), "asked again later")
  assert.equal(state(), "PAYING")
  const [sent] = shop.polls
  assert.ok(sent && shop.time.nowMs() + sent.delayMs >= orderEndsMs(shop))
})

test("a single question of somebody who met the order begins no second series", async () => {
  const { shop, poll, state } = await unknownOrder(16_000)
  assert.equal(await poll(2), "left alone")
  assert.deepEqual([shop.polls, state()], [[], "PAYING"])
})

test("an order that is being undone is asked nothing; its undoing is made sure of", async () => {
  const { shop, tradeNo, poll } = await unknownOrder()
  await poll(1)
  const asked = shop.channel.queries.length
  assert.equal(await poll(), "being undone")
  assert.deepEqual([shop.channel.queries.length, shop.undoings], [asked, [tradeNo, tradeNo]])
})

test("money found for a closed order is written down, shown to a person and sent back", async () => {
  const { shop, tradeNo, poll, state } = await closedOrder()
  shop.channel.onQuery = async () => PAID
  assert.equal(await poll(2), "being undone")
  const order = shop.tables.orders.get(tradeNo)
  assert.deepEqual([state(), order?.legs[0]?.state], ["CLOSED", "CHARGED"])
  assert.equal(order?.events.at(-1)?.event, "surplusFound")
  assert.deepEqual(
    (await shop.stores.exceptions.list(10)).map((it) => it.kind),
    ["surplus"],
  )
  assert.deepEqual(shop.undoings, [tradeNo])
})

test("a closed order whose channel does not answer is asked about again, for two hours", async () => {
  const { shop, tradeNo, poll } = await closedOrder()
  shop.channel.onQuery = async () => ({ kind: "unknown", cause: "time-out" })
  assert.equal(await poll(2), "asked again later")
  assert.deepEqual(shop.polls, [
    { channel: "wechat", message: { tradeNo, legNo: 1, step: 3 }, delayMs: 600_000 },
  ])
  assert.equal(await poll(14), "left alone")
  assert.equal(shop.polls.length, 1)
})

test("an order that turns out final leaves the desk, where its failed messages had put it", async () => {
  const { shop, tradeNo, poll } = await unknownOrder(700_000)
  const noted = { tradeNo, merchantId: "", kind: "not final", lastTried: "asking failed" } as const
  await shop.stores.exceptions.note(noted, shop.time.nowMs() - 1)
  shop.channel.onQuery = async () => PAID
  await poll()
  assert.deepEqual(await shop.stores.exceptions.list(10), [])
})

test("that the customer is entering the password is written once", async () => {
  const { shop, tradeNo, poll } = await unknownOrder(1_000)
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

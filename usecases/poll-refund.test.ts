import assert from "node:assert/strict"
import { test } from "node:test"
import { paidOrder, unknownRefund } from "../test/simulation/refunded-order.ts"
import { pollRefund } from "./poll-refund.ts"

async function polled(step: number, it: Awaited<ReturnType<typeof unknownRefund>>, once?: true) {
  const { shop, refundIdFor } = it
  const message = { refundId: refundIdFor(), step, once }
  const due = shop.time.monotonicMs() + 10_000
  const [result] = await Promise.all([pollRefund(shop.ports, message, due), shop.time.run()])
  return result
}

test("a refund that has ended is settled, and nobody asks any more", async () => {
  const it = await unknownRefund()
  it.shop.channel.onRefund = async () => ({ kind: "returned" })
  assert.equal(await polled(0, it), "settled")
  assert.equal(await polled(1, it), "settled")
  assert.deepEqual([it.shop.polls, it.shop.refundings], [[], []])
  assert.equal(it.shop.channel.refunds.length, 1)
})

test("one that is not certain is asked about along the plan", async () => {
  const it = await unknownRefund()
  assert.equal(await polled(0, it), "asked again later")
  const message = { refundId: it.refundIdFor(), step: 1 }
  assert.deepEqual(it.shop.polls, [{ channel: "wechat", message, delayMs: 5_000 }])
})

test("where somebody holds it, the next question waits for the end of that lease", async () => {
  const it = await paidOrder()
  it.shop.channel.onRefund = () => new Promise(() => {})
  await Promise.all([it.shop.refund("F1", 200), it.shop.time.run()])
  const leftMs = (it.stored()?.lease?.untilMs ?? 0) - it.shop.time.nowMs()
  it.shop.polls.length = 0
  assert.equal(await polled(0, it), "asked again later")
  assert.deepEqual(
    it.shop.polls.map(({ delayMs }) => delayMs),
    [leftMs + 1],
  )
})

test("when the plan is used up a workflow takes over", async () => {
  const it = await unknownRefund()
  assert.equal(await polled(1, it), "left to its workflow")
  assert.deepEqual(it.shop.polls, [])
  assert.deepEqual(it.shop.refundings, [it.refundIdFor()])
})

test("a single question begins no series and no workflow", async () => {
  const it = await unknownRefund()
  for (const step of [0, 1]) assert.equal(await polled(step, it, true), "left alone")
  assert.deepEqual([it.shop.polls, it.shop.refundings], [[], []])
})

test("a refund that is not there is settled", async () => {
  const it = await paidOrder()
  assert.equal(await polled(0, it), "settled")
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { channelRefundNoOf } from "../domain/refund-number.ts"
import {
  failedRefund,
  KEPT,
  paidOrder,
  type RefundedOrder,
  SILENCE,
  TOTAL_FEN,
  unknownRefund,
} from "../test/simulation/refunded-order.ts"
import { resendRefund } from "./resend-refund.ts"

const RETURNED = { kind: "returned" } as const
const LATE_MS = 60_000

async function resent({ shop, refundIdFor }: RefundedOrder, outRefundNo = "F1", ports = shop.ports) {
  const due = shop.time.monotonicMs() + 9_000
  const call = resendRefund(ports, refundIdFor(outRefundNo), due)
  const [result] = await Promise.all([call, shop.time.run()])
  return result
}

test("one that failed is held anew and sent under the number it had: should that land, the money moves once", async () => {
  const it = await failedRefund()
  it.shop.channel.onRefund = async () => RETURNED
  const result = await resent(it)
  assert.ok(result.ok)
  assert.deepEqual([result.refund.state, result.refund.generation], ["SUCCEEDED", 2])
  assert.deepEqual(
    it.shop.channel.refunds.map(({ channelRefundNo }) => channelRefundNo),
    [channelRefundNoOf(it.refundIdFor(), 1, 1)],
  )
  assert.equal(it.heldFen(), 200)
  assert.deepEqual(await it.desk(), [])
})

test("one that ended at the channel is sent under its next number, as often as that happens", async () => {
  const it = await paidOrder()
  const { shop, stored, refundIdFor } = it
  shop.channel.onRefund = async () => ({ kind: "processing" })
  shop.channel.onQueryRefund = async () => ({ kind: "refused", channelCode: "CLOSED", numberEnded: true })
  await shop.refund("F1", 200)
  for (const generation of [2, 3]) {
    assert.deepEqual([stored()?.state, stored()?.channelCode], ["FAILED", "CLOSED"])
    const result = await resent(it)
    assert.ok(result.ok && result.refund.generation === generation)
  }
  shop.channel.onRefund = async () => RETURNED
  const result = await resent(it)
  assert.ok(result.ok && result.refund.state === "SUCCEEDED")
  assert.deepEqual(
    shop.channel.refunds.map(({ channelRefundNo }) => channelRefundNo),
    [1, 2, 3, 4].map((channelNo) => channelRefundNoOf(refundIdFor(), 1, channelNo)),
  )
})

test("a word that may be another one later is heard twice of the next generation, too", async () => {
  const it = await paidOrder()
  const { shop, stored, step } = it
  shop.channel.onRefund = async () => ({ ...KEPT, perhapsLater: true })
  await shop.refund("F1", 200)
  await shop.wait(LATE_MS)
  assert.deepEqual(await step(), { done: true })
  const result = await resent(it)
  assert.ok(result.ok)
  assert.deepEqual([result.refund.state, result.refund.generation], ["PROCESSING", 2])
  await shop.wait(LATE_MS)
  assert.deepEqual(await step(), { done: true })
  assert.equal(stored()?.state, "FAILED")
})

test("one that fails again lets its amount go again and stays on the desk", async () => {
  const it = await failedRefund()
  it.shop.channel.onRefund = async () => ({ kind: "refused", channelCode: "USER_ACCOUNT_ABNORMAL" })
  const result = await resent(it)
  assert.ok(result.ok && result.refund.state === "FAILED")
  assert.equal(it.heldFen(), 0)
  assert.deepEqual(await it.desk(), [["refund refused", "USER_ACCOUNT_ABNORMAL"]])
})

test("one whose amount another has taken meanwhile is not sent", async () => {
  const it = await failedRefund()
  it.shop.channel.onRefund = async () => RETURNED
  assert.ok((await it.shop.refund("F2", TOTAL_FEN)).ok)
  it.shop.channel.refunds.length = 0
  const result = await resent(it)
  assert.ok(result.ok)
  assert.deepEqual([result.refund.state, result.refund.channelCode], ["FAILED", "REFUND_EXCEEDS_PAID"])
  assert.deepEqual(it.shop.channel.refunds, [])
  assert.equal(it.heldFen(), TOTAL_FEN)
  assert.deepEqual(await it.desk(), [["refund refused", "REFUND_EXCEEDS_PAID"]])
})

test("one that is still held by the generation that failed is held once by the next", async () => {
  const it = await paidOrder()
  it.shop.channel.onRefund = async () => KEPT
  const { orders } = it.shop.ports
  let reads = 0
  const dying = {
    ...orders,
    read: (tradeNo: string) => (++reads > 1 ? Promise.reject(new Error("died")) : orders.read(tradeNo)),
  }
  await assert.rejects(it.shop.refund("F1", TOTAL_FEN, { ports: { ...it.shop.ports, orders: dying } }))
  assert.equal(it.heldFen(), TOTAL_FEN)
  it.shop.channel.onRefund = async () => RETURNED
  const result = await resent(it)
  assert.ok(result.ok && result.refund.state === "SUCCEEDED")
  assert.equal(it.heldFen(), TOTAL_FEN)
})

test("of ten people who send one at once one does, and the money moves once", async () => {
  const it = await failedRefund()
  it.shop.channel.onRefund = async () => RETURNED
  const results = await Promise.all(Array.from({ length: 10 }, () => resent(it)))
  assert.equal(results.filter((result) => result.ok).length, 1)
  assert.equal(it.shop.channel.refunds.length, 1)
  assert.deepEqual(
    [...new Set(results.flatMap((result) => (result.ok ? [] : [result.why])))].filter(
      (why) => why !== "somebody else is at it",
    ),
    [],
  )
})

test("one that is not certain is asked for under the number it has", async () => {
  const it = await unknownRefund()
  const result = await resent(it)
  assert.ok(result.ok)
  assert.deepEqual([result.refund.state, result.refund.generation], ["PROCESSING", 1])
  await it.nextWait()
  it.shop.channel.onRefund = async () => RETURNED
  const again = await resent(it)
  assert.ok(again.ok && again.refund.state === "SUCCEEDED")
  const numbers = it.shop.channel.refunds.map(({ channelRefundNo }) => channelRefundNo)
  assert.deepEqual([...new Set(numbers)], [channelRefundNoOf(it.refundIdFor(), 1, 1)])
})

test("silence after sending again leaves it in progress as its next generation", async () => {
  const it = await failedRefund()
  it.shop.channel.onRefund = async () => SILENCE
  const result = await resent(it)
  assert.ok(result.ok)
  assert.deepEqual([result.refund.state, result.refund.generation], ["PROCESSING", 2])
  assert.equal(it.heldFen(), 200)
})

test("what succeeded, or is not there, is not sent again", async () => {
  const it = await paidOrder()
  it.shop.channel.onRefund = async () => RETURNED
  await it.shop.refund("F1", 200)
  assert.deepEqual(await resent(it), { ok: false, why: "succeeded already" })
  assert.deepEqual(await resent(it, "F2"), { ok: false, why: "there is no such refund" })
  assert.equal(it.shop.channel.refunds.length, 1)
})

test("the 99th generation is the last: each may need a number of its own, which has two digits", async () => {
  const it = await failedRefund()
  const failed = it.stored()
  assert.ok(failed)
  it.shop.tables.refunds.set(failed.refundId, { ...failed, generation: 99 })
  assert.deepEqual(await resent(it), { ok: false, why: "sent too often" })
})

test("who is overtaken by another's step answers what stands there", async () => {
  const it = await failedRefund()
  const { refunds } = it.shop.ports
  it.shop.channel.onRefund = async () => RETURNED
  const overtaken: typeof refunds = {
    ...refunds,
    async advance(previous, next) {
      if (next.state === "SUCCEEDED") await refunds.advance(previous, { ...next, channelRefundNo: "other" })
      return refunds.advance(previous, next)
    },
  }
  const result = await resent(it, "F1", { ...it.shop.ports, refunds: overtaken })
  assert.ok(result.ok)
  assert.equal(result.refund.channelRefundNo, "other")
})

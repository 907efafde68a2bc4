import assert from "node:assert/strict"
import { test } from "node:test"
import type { ReturnOutcome } from "../domain/charge-outcome.ts"
import { LEASE_MS } from "../domain/order.ts"
import type { Refund } from "../domain/refund.ts"
import { failedRefund, KEPT, paidOrder, SILENCE, unknownRefund } from "../test/simulation/refunded-order.ts"
import { refundStep } from "./refund-step.ts"

const RETURNED = { kind: "returned" } as const
const IN_PROGRESS = { kind: "processing" } as const
const NOT_FOUND = { kind: "notFound" } as const
const LATE_MS = 60_000
const VISIBLE_MS = 600_000

test("what was not answered is asked for again under the same number, and ends by what is heard then", async () => {
  const { shop, step, stored, heldFen } = await unknownRefund()
  const first = stored()
  shop.channel.onRefund = async () => RETURNED
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual([stored()?.state, heldFen()], ["SUCCEEDED", 200])
  assert.equal(stored()?.generation, first?.generation)
  assert.equal(shop.channel.refunds.length, 1)
})

test("a refusal is not believed while an earlier asking may be on its way", async () => {
  const { shop, step, stored, heldFen } = await unknownRefund()
  shop.channel.onRefund = async () => KEPT
  shop.channel.onQueryRefund = async () => NOT_FOUND
  assert.equal((await step()).done, false)
  assert.deepEqual([stored()?.state, heldFen()], ["PROCESSING", 200])
  await shop.wait(LATE_MS)
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual([stored()?.state, stored()?.channelCode, heldFen()], ["FAILED", "NOT_ENOUGH", 0])
})

test("a refund that failed at the channel is not believed either, while an earlier asking may be on its way", async () => {
  for (const asked of [KEPT, IN_PROGRESS] as const) {
    const { shop, step, stored } = await unknownRefund()
    shop.channel.onRefund = async () => asked
    shop.channel.onQueryRefund = async () => ({ kind: "refused", channelCode: "CLOSED" })
    assert.equal((await step()).done, false)
    assert.equal(stored()?.state, "PROCESSING")
    await shop.wait(LATE_MS)
    assert.deepEqual(await step(), { done: true })
    assert.deepEqual([stored()?.state, stored()?.channelCode], ["FAILED", "CLOSED"])
  }
})

test("the asking is refused since the money went back on an earlier one: it succeeded", async () => {
  const { shop, step, stored } = await unknownRefund()
  shop.channel.onRefund = async () => KEPT
  shop.channel.onQueryRefund = async () => RETURNED
  assert.deepEqual(await step(), { done: true })
  assert.equal(stored()?.state, "SUCCEEDED")
})

test("an asking that is refused while the refund is in progress does not end it", async () => {
  const { shop, step, stored } = await paidOrder()
  shop.channel.onRefund = async () => IN_PROGRESS
  shop.channel.onQueryRefund = async () => IN_PROGRESS
  await shop.refund("F1", 200)
  shop.channel.onRefund = async () => KEPT
  assert.equal((await step()).done, false)
  assert.equal(stored()?.state, "PROCESSING")
  shop.channel.onQueryRefund = async () => RETURNED
  assert.deepEqual(await step(), { done: true })
  assert.equal(stored()?.state, "SUCCEEDED")
})

for (const outcome of [SILENCE, IN_PROGRESS, NOT_FOUND, { kind: "notSent", cause: "no account" }] as const) {
  test(`"${outcome.kind}" leaves it in progress, its amount held and its lease let go`, async () => {
    const { shop, step, stored, heldFen } = await unknownRefund()
    shop.channel.onRefund = async () => outcome
    shop.channel.onQueryRefund = async () => outcome
    assert.deepEqual(await step(), { done: false, waitMs: 1_000 })
    assert.deepEqual([stored()?.state, stored()?.lease, heldFen()], ["PROCESSING", undefined, 200])
  })
}

test("what somebody holds is left to them until their lease is over", async () => {
  const { shop, stored, refundIdFor } = await paidOrder()
  shop.channel.onRefund = () => new Promise(() => {})
  const [asked] = await Promise.all([shop.refund("F1", 200), shop.time.run()])
  assert.ok(asked.ok)
  const until = stored()?.lease?.untilMs ?? 0
  shop.channel.refunds.length = 0
  const step = await refundStep(shop.ports, refundIdFor(), shop.time.monotonicMs() + 10_000)
  assert.deepEqual(step, { done: false, waitMs: until - shop.time.nowMs() + 1 })
  assert.deepEqual(shop.channel.refunds, [])
})

test("who takes over from one that died believes no refusal before that one's asking must have landed", async () => {
  const { shop, stored, step } = await paidOrder()
  shop.channel.onRefund = () => new Promise(() => {})
  await Promise.all([shop.refund("F1", 200), shop.time.run()])
  await shop.wait(LEASE_MS)
  shop.channel.onRefund = async () => KEPT
  shop.channel.onQueryRefund = async () => NOT_FOUND
  assert.equal((await step()).done, false)
  assert.equal(stored()?.state, "PROCESSING")
  await shop.wait(LATE_MS)
  assert.deepEqual(await step(), { done: true })
  assert.equal(stored()?.state, "FAILED")
})

test("of ten steps at once one asks the channel", async () => {
  const { shop, step } = await unknownRefund()
  shop.channel.onRefund = async () => RETURNED
  await Promise.all(Array.from({ length: 10 }, () => step()))
  assert.equal(shop.channel.refunds.length, 1)
})

test("one whose owner died before its amount was held is held by the next step", async () => {
  const { shop, heldFen, step } = await diedAfterThePut()
  assert.equal(heldFen(), 0)
  shop.channel.onRefund = async () => RETURNED
  assert.deepEqual(await step(), { done: true })
  assert.equal(heldFen(), 200)
})

test("one whose amount went to another meanwhile fails without a word to the channel, visibly", async () => {
  const it = await diedAfterThePut()
  const { shop, stored, step, heldFen, desk } = it
  shop.channel.onRefund = async () => RETURNED
  assert.ok((await shop.refund("F2", 400)).ok)
  shop.channel.refunds.length = 0
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual([stored()?.state, stored()?.channelCode], ["FAILED", "REFUND_EXCEEDS_PAID"])
  assert.deepEqual(shop.channel.refunds, [])
  assert.equal(heldFen(), 400)
  assert.deepEqual(await desk(), [["refund refused", "REFUND_EXCEEDS_PAID"]])
})

/** The refund was put, nothing of the order is held, and the lease is over. */
async function diedAfterThePut() {
  const it = await paidOrder()
  const { shop } = it
  const orders = { ...shop.ports.orders, advance: () => Promise.reject(new Error("died")) }
  await assert.rejects(shop.refund("F1", 200, { ports: { ...shop.ports, orders } }))
  await shop.wait(LEASE_MS)
  return it
}

test("an owner that died between the failure and the release has both finished by the next step", async () => {
  const { shop, stored, heldFen, step, desk } = await paidOrder()
  shop.channel.onRefund = async () => KEPT
  const orders = { ...shop.ports.orders, read: failsAfter(1, shop.ports.orders.read) }
  await assert.rejects(shop.refund("F1", 200, { ports: { ...shop.ports, orders } }))
  assert.deepEqual([stored()?.state, heldFen()], ["FAILED", 200])
  assert.deepEqual(await step(), { done: true })
  assert.equal(heldFen(), 0)
  assert.deepEqual(await desk(), [["refund refused", "NOT_ENOUGH"]])
})

function failsAfter<A extends unknown[], R>(calls: number, work: (...given: A) => Promise<R>) {
  let left = calls
  return (...given: A): Promise<R> => (left-- > 0 ? work(...given) : Promise.reject(new Error("died")))
}

test("what is not certain for ten minutes stands on the desk with what was tried, until it is certain", async () => {
  const { shop, step, desk } = await unknownRefund()
  await step()
  assert.deepEqual(await desk(), [])
  await shop.wait(VISIBLE_MS)
  await step()
  assert.deepEqual(await desk(), [["refund not final", "time-out"]])
  shop.channel.onRefund = async () => RETURNED
  await step()
  assert.deepEqual(await desk(), [])
})

test("a note that was on its way while another finished the refund puts nothing back on the desk", async () => {
  const { shop, step, desk, stored } = await unknownRefund()
  await shop.wait(VISIBLE_MS)
  shop.channel.onRefund = async () => {
    // Slower than its own lease: another has finished by then.
    await shop.time.sleep(LEASE_MS + 1_000)
    shop.channel.onRefund = async () => RETURNED
    const other = await refundStep(shop.ports, stored()?.refundId ?? "", shop.time.monotonicMs() + 10_000)
    assert.deepEqual(other, { done: true })
    return SILENCE
  }
  assert.deepEqual(await step(), { done: true })
  assert.equal(stored()?.state, "SUCCEEDED")
  assert.deepEqual(await desk(), [])
})

test("what a person has taken off the desk stays off, however late a message comes", async () => {
  const { shop, step, desk, tradeNo, refundIdFor } = await failedRefund()
  await shop.wait(1_000)
  await shop.stores.exceptions.resolve(tradeNo, "refund refused", shop.time.nowMs(), refundIdFor())
  await shop.wait(1_000)
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual(await desk(), [])
})

test("who finds that another has gone on with it does not take it off the desk", async () => {
  const { shop, step, desk, stored } = await unknownRefund()
  await shop.wait(VISIBLE_MS)
  await step()
  const answers: ReturnOutcome[] = [RETURNED]
  const refunds = {
    ...shop.ports.refunds,
    async advance(previous: Refund, next: Refund) {
      if (next.state !== "SUCCEEDED") return shop.ports.refunds.advance(previous, next)
      return { written: false as const, stored: previous }
    },
  }
  shop.channel.onRefund = async () => answers.pop() ?? SILENCE
  assert.equal((await step("F1", { ...shop.ports, refunds })).done, false)
  assert.equal(stored()?.state, "PROCESSING")
  assert.deepEqual(await desk(), [["refund not final", "time-out"]])
})

test("a channel that is switched off is not asked, and the refund waits", async () => {
  const { shop, step, stored } = await unknownRefund()
  assert.equal((await step("F1", { ...shop.ports, channels: {} })).done, false)
  assert.equal(stored()?.state, "PROCESSING")
  assert.deepEqual(shop.channel.refunds, [])
})

test("a channel is not asked when no time is left in the step", async () => {
  const { shop, refundIdFor, stored } = await unknownRefund()
  const step = await refundStep(shop.ports, refundIdFor(), shop.time.monotonicMs() + 900)
  assert.deepEqual([step.done, stored()?.state], [false, "PROCESSING"])
  assert.deepEqual(shop.channel.refunds, [])
})

test("nothing is left to do for a refund that is not there, is retracted or has ended", async () => {
  const { shop, step, refundIdFor } = await failedRefund()
  assert.deepEqual(await step("F-never"), { done: true })
  assert.deepEqual(await step(), { done: true })
  const failed = shop.tables.refunds.get(refundIdFor())
  assert.ok(failed)
  shop.tables.refunds.set(refundIdFor(), { ...failed, state: "RETRACTED" })
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual(shop.channel.refunds, [])
})

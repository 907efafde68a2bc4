import assert from "node:assert/strict"
import { test } from "node:test"
import type { ReturnOutcome } from "../domain/charge-outcome.ts"
import { LEASE_MS } from "../domain/order.ts"
import { applyToRefund, type Refund, withRefundLease } from "../domain/refund.ts"
import {
  failedRefund,
  KEPT,
  paidOrder,
  type RefundedOrder,
  SILENCE,
  unknownRefund,
} from "../test/simulation/refunded-order.ts"
import { refundStep } from "./refund-step.ts"

const RETURNED = { kind: "returned" } as const
const IN_PROGRESS = { kind: "processing" } as const
const NOT_FOUND = { kind: "notFound" } as const
const STUCK = { kind: "stuck", channelCode: "ABNORMAL" } as const
const CLOSED = { kind: "refused", channelCode: "CLOSED", numberEnded: true } as const
const TOO_SOON = { kind: "refused", channelCode: "INVALID_REQUEST", perhapsLater: true } as const
const SENT_BACK_AFTER_ALL = "the channel gave it back after all: do not send it again"
const LATE_MS = 60_000
const VISIBLE_MS = 600_000

/** Gives those answers one after the other, and then always the last. */
function afterwards(first: readonly ReturnOutcome[], last: ReturnOutcome): () => Promise<ReturnOutcome> {
  const left = [...first]
  return async () => left.shift() ?? last
}

test("what was not answered is asked for again under the same number, and ends by what is heard then", async () => {
  const { shop, step, stored, heldFen } = await unknownRefund()
  const first = stored()
  shop.channel.onRefund = async () => RETURNED
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual([stored()?.state, heldFen()], ["SUCCEEDED", 200])
  assert.equal(stored()?.generation, first?.generation)
  assert.equal(shop.channel.refunds.length, 1)
})

test("where something was sent before the refund's own state is asked first, and only what is not found is sent again", async () => {
  for (const said of [
    SILENCE,
    IN_PROGRESS,
    STUCK,
    RETURNED,
    { kind: "notSent", cause: "no account" },
  ] as const) {
    const { shop, step } = await unknownRefund()
    shop.channel.onQueryRefund = async () => said
    await step()
    assert.deepEqual([shop.channel.refundQueries.length, shop.channel.refunds.length], [1, 0], said.kind)
  }
})

test("nothing is asked where something was sent only a moment ago, and the lease is not taken for it", async () => {
  const { shop, step, stored } = await paidOrder()
  shop.channel.onRefund = async () => SILENCE
  await shop.refund("F1", 200)
  const before = stored()
  const soonMs = (shop.ports.settings.refundPlanMs[0] ?? 0) / 2
  assert.deepEqual(await step(), { done: false, waitMs: soonMs })
  assert.deepEqual(stored(), before)
  assert.deepEqual([shop.channel.refundQueries.length, shop.channel.refunds.length], [0, 1])
  await shop.wait(soonMs)
  await step()
  assert.deepEqual([shop.channel.refundQueries.length, shop.channel.refunds.length], [1, 2])
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

test("a refund that ended at the channel is not believed either, while an earlier asking may be on its way", async () => {
  for (const asked of [KEPT, IN_PROGRESS] as const) {
    const { shop, step, stored } = await unknownRefund()
    shop.channel.onRefund = async () => asked
    shop.channel.onQueryRefund = afterwards([NOT_FOUND], CLOSED)
    assert.equal((await step()).done, false)
    assert.equal(stored()?.state, "PROCESSING")
    await shop.wait(LATE_MS)
    assert.deepEqual(await step(), { done: true })
    assert.deepEqual([stored()?.state, stored()?.channelCode], ["FAILED", "CLOSED"])
    assert.equal(shop.channel.refunds.length, 1)
  }
})

test("a number that ended at the channel is not used again, one of which only the asking was refused is", async () => {
  for (const [refused, channelNo] of [
    [CLOSED, 2],
    [KEPT, 1],
  ] as const) {
    const { shop, stored } = await paidOrder()
    shop.channel.onRefund = async () => refused
    shop.channel.onQueryRefund = async () => (refused === CLOSED ? CLOSED : NOT_FOUND)
    await shop.refund("F1", 200)
    assert.deepEqual([stored()?.state, stored()?.generation, stored()?.channelNo], ["FAILED", 1, channelNo])
  }
})

test("a first asking that is accepted or refused is not believed before the refund's own state is heard", async () => {
  for (const asked of [IN_PROGRESS, KEPT] as const) {
    const { shop, stored } = await paidOrder()
    shop.channel.onRefund = async () => asked
    shop.channel.onQueryRefund = async () => RETURNED
    await shop.refund("F1", 200)
    assert.equal(stored()?.state, "SUCCEEDED")
  }
})

test("a word that may be another one later is believed when it is heard again, a while after the first time", async () => {
  const { shop, step, stored, heldFen } = await paidOrder()
  shop.channel.onRefund = async () => TOO_SOON
  await shop.refund("F1", 200)
  for (let waitedMs = 20_000; waitedMs < LATE_MS; waitedMs += 20_000) {
    await shop.wait(20_000)
    assert.equal((await step()).done, false)
  }
  assert.deepEqual([stored()?.state, heldFen()], ["PROCESSING", 200])
  await shop.wait(20_000)
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual([stored()?.state, stored()?.channelCode, heldFen()], ["FAILED", "INVALID_REQUEST", 0])
})

test("silence before it does not count as the first time that such a word was heard", async () => {
  const { shop, step, stored } = await unknownRefund()
  await shop.wait(LATE_MS)
  shop.channel.onRefund = async () => TOO_SOON
  assert.equal((await step()).done, false)
  await shop.wait(LATE_MS)
  assert.deepEqual(await step(), { done: true })
  assert.equal(stored()?.state, "FAILED")
})

test("after such a word the money may go back all the same", async () => {
  const { shop, step, stored } = await paidOrder()
  shop.channel.onRefund = async () => TOO_SOON
  await shop.refund("F1", 200)
  shop.channel.onRefund = async () => RETURNED
  await shop.wait(LATE_MS)
  assert.deepEqual(await step(), { done: true })
  assert.equal(stored()?.state, "SUCCEEDED")
})

test("money that is stuck at the channel is asked about on and on, held, and on the desk from the beginning", async () => {
  for (const asked of [STUCK, IN_PROGRESS, KEPT] as const) {
    const { shop, step, stored, heldFen, desk, nextWait } = await paidOrder()
    shop.channel.onRefund = async () => asked
    shop.channel.onQueryRefund = async () => STUCK
    await shop.refund("F1", 200)
    for (let tries = 0; tries < 2; tries++) {
      assert.deepEqual([stored()?.state, heldFen()], ["PROCESSING", 200])
      const [[kind, lastTried] = []] = await desk()
      assert.equal(kind, "refund not final")
      assert.match(lastTried ?? "", /^ABNORMAL/)
      await nextWait()
      assert.equal((await step()).done, false)
    }
    assert.equal(shop.channel.refunds.length, 1)
    await nextWait()
    shop.channel.onQueryRefund = async () => RETURNED
    assert.deepEqual(await step(), { done: true })
    assert.equal(stored()?.state, "SUCCEEDED")
    assert.deepEqual(await desk(), [])
  }
})

test("the asking is refused since the money went back on an earlier one: it succeeded", async () => {
  const { shop, step, stored } = await unknownRefund()
  shop.channel.onRefund = async () => KEPT
  shop.channel.onQueryRefund = afterwards([NOT_FOUND], RETURNED)
  assert.deepEqual(await step(), { done: true })
  assert.equal(stored()?.state, "SUCCEEDED")
})

test("an asking that is refused while the refund is in progress does not end it", async () => {
  const { shop, step, stored, nextWait } = await paidOrder()
  shop.channel.onRefund = async () => IN_PROGRESS
  shop.channel.onQueryRefund = async () => IN_PROGRESS
  await shop.refund("F1", 200)
  await nextWait()
  shop.channel.onRefund = async () => KEPT
  shop.channel.onQueryRefund = afterwards([NOT_FOUND], IN_PROGRESS)
  assert.equal((await step()).done, false)
  assert.equal(stored()?.state, "PROCESSING")
  await nextWait()
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

test("a process that was frozen sends nothing when another may have taken over", async () => {
  const { shop, step, stored } = await unknownRefund()
  shop.channel.onQueryRefund = async () => {
    await shop.time.sleep(LEASE_MS - 8_000)
    return NOT_FOUND
  }
  // Its monotonic clock stood still meanwhile: by that there would be time enough.
  const stood = shop.time.monotonicMs()
  const clock = { ...shop.ports.clock, monotonicMs: () => stood }
  assert.equal((await step("F1", { ...shop.ports, clock })).done, false)
  assert.deepEqual(shop.channel.refunds, [])
  assert.equal(stored()?.state, "PROCESSING")
})

test("what is not certain for ten minutes stands on the desk with what was tried, until it is certain", async () => {
  const { shop, step, desk, nextWait } = await unknownRefund()
  await step()
  assert.deepEqual(await desk(), [])
  await shop.wait(VISIBLE_MS)
  await step()
  assert.deepEqual(await desk(), [["refund not final", "time-out"]])
  await nextWait()
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

/** Before somebody writes that the money went back, another writes to the refund. */
function overtaking({ shop }: RefundedOrder, other: (refund: Refund) => Refund): typeof shop.ports {
  const { refunds } = shop.ports
  let overtaken = false
  const advance: typeof refunds.advance = async (previous, next) => {
    if (next.state === "SUCCEEDED" && !overtaken) {
      overtaken = true
      await refunds.advance(previous, other(previous))
    }
    return refunds.advance(previous, next)
  }
  return { ...shop.ports, refunds: { ...refunds, advance } }
}

test("that the money went back is written down also where another has taken the lease meanwhile", async () => {
  const it = await unknownRefund()
  const { shop, step, stored, desk, heldFen } = it
  await shop.wait(VISIBLE_MS)
  shop.channel.onRefund = async () => RETURNED
  const ports = overtaking(it, (refund) => withRefundLease(refund, "another", shop.time.nowMs()))
  assert.deepEqual(await step("F1", ports), { done: true })
  assert.deepEqual([stored()?.state, heldFen(), stored()?.lease], ["SUCCEEDED", 200, undefined])
  assert.deepEqual(await desk(), [])
})

test("that the money went back of what another has failed meanwhile is told to a person", async () => {
  const it = await unknownRefund()
  it.shop.channel.onRefund = async () => RETURNED
  const ports = overtaking(it, (refund) => applyToRefund(refund, "refused", it.shop.time.nowMs()))
  await it.step("F1", ports)
  assert.equal(it.stored()?.state, "FAILED")
  assert.deepEqual(await it.desk(), [["refund refused", SENT_BACK_AFTER_ALL]])
})

test("so it is where another number of it is on its way by then: only of that one the return would be its own", async () => {
  const it = await unknownRefund()
  const { shop, step, stored, desk } = it
  shop.channel.onRefund = async () => RETURNED
  const ports = overtaking(it, (refund) => ({ ...refund, channelNo: 2, version: refund.version + 1 }))
  assert.equal((await step("F1", ports)).done, false)
  assert.deepEqual([stored()?.state, stored()?.channelNo], ["PROCESSING", 2])
  assert.deepEqual(await desk(), [["refund refused", SENT_BACK_AFTER_ALL]])
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

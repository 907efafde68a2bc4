import assert from "node:assert/strict"
import { test } from "node:test"
import type { ReturnOutcome } from "../domain/charge-outcome.ts"
import { LEASE_MS } from "../domain/order.ts"
import { applyToRefund, type Refund, withRefundLease } from "../domain/refund.ts"
import { channelRefundNoOf, refundIdOf } from "../domain/refund-number.ts"
import { plain } from "../test/conformance/samples.ts"
import { KEPT, paidOrder, type RefundedOrder, SILENCE, TOTAL_FEN } from "../test/simulation/refunded-order.ts"
import { MERCHANT_ID, merchantAt, payRequest } from "../test/simulation/small-shop.ts"
import { type RefundResult, refundOrder } from "./refund-order.ts"
import { resendRefund } from "./resend-refund.ts"

const RETURNED = { kind: "returned", channelRefundNo: "50", couponFen: 0, returnedAtMs: 7 } as const

async function payingBack(outcome: ReturnOutcome = RETURNED) {
  const it = await paidOrder()
  it.shop.channel.onRefund = async () => outcome
  return it
}

function toldOf(result: RefundResult): string {
  return result.ok ? result.refund.state : result.refusal.code
}

test("a whole order goes back within the call, and the channel is asked once under a computed number", async () => {
  const { shop, refundIdFor, heldFen, stored } = await payingBack()
  const result = await shop.refund("F1", TOTAL_FEN)
  assert.ok(result.ok)
  assert.deepEqual([result.refund.state, result.refund.refundId], ["SUCCEEDED", refundIdFor()])
  assert.deepEqual([result.refund.channelRefundNo, result.refund.channelReturnedAtMs], ["50", 7])
  assert.equal(stored()?.state, "SUCCEEDED")
  assert.equal(heldFen(), TOTAL_FEN)
  const asked = shop.channel.refunds.map(({ channelRefundNo, amountFen, totalFen }) => ({
    channelRefundNo,
    amountFen,
    totalFen,
  }))
  assert.deepEqual(asked, [
    { channelRefundNo: channelRefundNoOf(refundIdFor(), 1, 1), amountFen: TOTAL_FEN, totalFen: TOTAL_FEN },
  ])
  assert.deepEqual(shop.polls, [])
})

test("several parts go back, up to the fen, and not one more", async () => {
  const { shop, heldFen } = await payingBack()
  assert.equal(toldOf(await shop.refund("F1", 100)), "SUCCEEDED")
  assert.equal(toldOf(await shop.refund("F2", 399)), "SUCCEEDED")
  assert.equal(toldOf(await shop.refund("F3", 2)), "REFUND_EXCEEDS_PAID")
  assert.equal(toldOf(await shop.refund("F3", 1)), "SUCCEEDED")
  assert.equal(heldFen(), TOTAL_FEN)
})

test("the same call again asks nobody and gives the same answer", async () => {
  const { shop } = await payingBack()
  const first = await shop.refund("F1", 100)
  assert.deepEqual(plain(await shop.refund("F1", 100)), plain(first))
  assert.equal(shop.channel.refunds.length, 1)
})

test("the same call again is answered also where it would be refused by now", async () => {
  const { shop } = await payingBack()
  await shop.refund("F1", TOTAL_FEN)
  assert.equal(toldOf(await shop.refund("F1", TOTAL_FEN)), "SUCCEEDED")
  await shop.wait(2 * 3_600_000)
  assert.equal(toldOf(await shop.refund("F1", TOTAL_FEN)), "SUCCEEDED")
})

test("the same number with another amount, address or order is refused, and nothing is sent", async () => {
  const { shop } = await payingBack()
  const other = await shop.pay(payRequest("134567890123456780", { outRequestNo: "N2" }))
  assert.ok(other.ok)
  await shop.refund("F1", 100)
  assert.equal(toldOf(await shop.refund("F1", 101)), "REFUND_NO_REUSED")
  assert.equal(toldOf(await shop.refund("F1", TOTAL_FEN + 1)), "REFUND_NO_REUSED")
  assert.equal(
    toldOf(await shop.refund("F1", 100, { notifyUrl: "https://shop.example/back" })),
    "REFUND_NO_REUSED",
  )
  assert.equal(toldOf(await shop.refund("F1", 100, { outRequestNo: "N2" })), "REFUND_NO_REUSED")
  assert.equal(shop.channel.refunds.length, 1)
})

test("twenty calls under twenty numbers at once never give back more than was paid", async () => {
  const { shop, heldFen } = await payingBack()
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => shop.refund(`F${index}`, 100)))
  assert.equal(results.filter((it) => it.ok).length, 5)
  assert.ok(results.every((it) => it.ok || it.refusal.code === "REFUND_EXCEEDS_PAID"))
  assert.equal(heldFen(), TOTAL_FEN)
  assert.equal(shop.channel.refunds.length, 5)
})

test("twenty calls under one number at once are one refund", async () => {
  const { shop, heldFen } = await payingBack()
  const results = await Promise.all(Array.from({ length: 20 }, () => shop.refund("F1", 100)))
  assert.ok(results.every((it) => it.ok))
  assert.equal(shop.channel.refunds.length, 1)
  assert.equal(heldFen(), 100)
})

test("a number that was refused before anything was sent is free again, for any content", async () => {
  const { shop, stored } = await racedOut()
  shop.channel.onRefund = async () => RETURNED
  assert.equal(stored()?.state, "RETRACTED")
  assert.equal(toldOf(await shop.refund("F1", 100)), "SUCCEEDED")
  assert.equal(stored()?.version, 4)
})

/** F1 was put, and then another took what it wanted to hold. */
async function racedOut() {
  const it = await payingBack()
  const { shop } = it
  const refunds = {
    ...shop.ports.refunds,
    async create(refund: Refund) {
      const put = await shop.ports.refunds.create(refund)
      await takeAll(it)
      return put
    },
  }
  const result = await shop.refund("F1", 200, { ports: { ...shop.ports, refunds } })
  assert.equal(toldOf(result), "REFUND_EXCEEDS_PAID")
  assert.deepEqual(shop.channel.refunds, [])
  return it
}

/** Another refund holds 400 fen of the order. */
async function takeAll({ shop, order }: RefundedOrder): Promise<void> {
  const before = order()
  const refundId = refundIdOf(MERCHANT_ID, "F-other")
  const reservations = [
    ...before.reservations,
    { refundId, generation: 1, amountFen: 400, state: "HELD" as const },
  ]
  await shop.stores.orders.advance(before, { ...before, version: before.version + 1, reservations })
}

test("whoever is too slow to give a number up answers what its successor made of it", async () => {
  const it = await payingBack()
  const { shop, stored } = it
  const refunds = {
    ...shop.ports.refunds,
    async create(refund: Refund) {
      const put = await shop.ports.refunds.create(refund)
      await takeAll(it)
      return put
    },
    async advance(previous: Refund, next: Refund) {
      if (next.state === "RETRACTED") {
        const taken = withRefundLease(previous, "a later step", shop.time.nowMs())
        await shop.ports.refunds.advance(previous, taken)
      }
      return shop.ports.refunds.advance(previous, next)
    },
  }
  const result = await shop.refund("F1", 200, { ports: { ...shop.ports, refunds } })
  assert.equal(toldOf(result), "PROCESSING")
  assert.equal(stored()?.lease?.holder, "a later step")
})

test("a definite refusal fails the refund, lets its amount go and shows it to a person", async () => {
  const { shop, heldFen, desk } = await payingBack(KEPT)
  const result = await shop.refund("F1", 200)
  assert.ok(result.ok)
  assert.deepEqual([result.refund.state, result.refund.channelCode], ["FAILED", "NOT_ENOUGH"])
  assert.equal(heldFen(), 0)
  assert.deepEqual(await desk(), [["refund refused", "NOT_ENOUGH"]])
  shop.channel.onRefund = async () => RETURNED
  assert.equal(toldOf(await shop.refund("F1", 200)), "FAILED")
  assert.equal(toldOf(await shop.refund("F2", TOTAL_FEN)), "SUCCEEDED")
})

test("silence leaves the refund in progress and asks on by itself", async () => {
  const { shop, stored, heldFen, refundIdFor } = await payingBack(SILENCE)
  assert.equal(toldOf(await shop.refund("F1", 200)), "PROCESSING")
  assert.equal(heldFen(), 200)
  assert.equal(stored()?.lease, undefined)
  assert.ok(stored()?.unansweredAtMs !== undefined)
  assert.deepEqual(shop.polls, [
    { channel: "wechat", message: { refundId: refundIdFor(), step: 0 }, delayMs: 2_000 },
  ])
})

test("asked again while it is in progress it is asked about once, and no second series begins", async () => {
  const { shop, refundIdFor } = await payingBack(SILENCE)
  await shop.refund("F1", 200)
  shop.polls.length = 0
  assert.equal(toldOf(await shop.refund("F1", 200)), "PROCESSING")
  assert.deepEqual(shop.polls, [
    { channel: "wechat", message: { refundId: refundIdFor(), step: 0, once: true }, delayMs: 0 },
  ])
})

test("a word that may be another one later leaves the refund in progress, its amount held", async () => {
  const { shop, heldFen } = await payingBack({ ...KEPT, perhapsLater: true })
  assert.equal(toldOf(await shop.refund("F1", 200)), "PROCESSING")
  assert.equal(heldFen(), 200)
})

test("a refund that is stuck at the channel is in progress, and a person is told at once", async () => {
  const { shop, heldFen, desk } = await payingBack({ kind: "stuck", channelCode: "ABNORMAL" })
  assert.equal(toldOf(await shop.refund("F1", 200)), "PROCESSING")
  assert.equal(heldFen(), 200)
  assert.deepEqual(
    (await desk()).map(([kind]) => kind),
    ["refund not final"],
  )
})

test("an accepted refund is asked about under its own number before anything is told", async () => {
  const { shop } = await payingBack({ kind: "processing" })
  shop.channel.onQueryRefund = async () => RETURNED
  assert.equal(toldOf(await shop.refund("F1", 200)), "SUCCEEDED")
  const numbers = [...shop.channel.refunds, ...shop.channel.refundQueries].map((it) => it.channelRefundNo)
  assert.equal(new Set(numbers).size, 1)
})

test("a channel that never answers does not keep the merchant waiting beyond the answer's time", async () => {
  const { shop } = await payingBack()
  shop.channel.onRefund = async ({ timeoutMs }) => {
    await shop.time.sleep(timeoutMs)
    return SILENCE
  }
  const askedAtMs = shop.time.monotonicMs()
  assert.equal(toldOf(await shop.refund("F1", 200)), "PROCESSING")
  assert.ok(shop.time.monotonicMs() - askedAtMs <= 9_000)
})

test("a store that hangs does not either: before the amount is held the answer is that nobody knows", async () => {
  const { shop, stored, heldFen } = await payingBack()
  const { orders } = shop.ports
  const slow = {
    ...orders,
    async advance(...given: Parameters<typeof orders.advance>) {
      await shop.time.sleep(60_000)
      return orders.advance(...given)
    },
  }
  const arrived = { nowMs: shop.time.nowMs(), monotonicMs: shop.time.monotonicMs() }
  const request = { outRefundNo: "F1", amountFen: 200 }
  const ports = { ...shop.ports, orders: slow }
  let answeredMs = 0
  const call = refundOrder(ports, MERCHANT_ID, { outRequestNo: "N1" }, request, arrived).then((result) => {
    answeredMs = shop.time.monotonicMs()
    return result
  })
  const [result] = await Promise.all([call, shop.time.run()])
  assert.equal(toldOf(result), "SYSTEM_ERROR")
  assert.equal(answeredMs - arrived.monotonicMs, 9_000)
  assert.deepEqual([stored()?.state, heldFen()], ["PROCESSING", 200])
})

test("a duplicate is told nothing before the amount is held, and of the refund as soon as it is", async () => {
  const { shop } = await payingBack(SILENCE)
  const [first, second] = await duplicates(shop, 3_000)
  assert.deepEqual([first.told, second.told], ["PROCESSING", "PROCESSING"])
  assert.ok(second.afterMs >= 3_000 && second.afterMs <= 3_100, String(second.afterMs))
  assert.equal(shop.channel.refunds.length, 1)
})

test("a duplicate whose answer is due before the amount is held is told that nobody knows", async () => {
  const { shop } = await payingBack()
  const [, second] = await duplicates(shop, 12_000)
  assert.equal(second.told, "SYSTEM_ERROR")
  assert.ok(second.afterMs <= 9_000)
})

test("a duplicate of one that is given up meanwhile takes the number over", async () => {
  const it = await payingBack()
  const [first, second] = await duplicates(it.shop, 1_000, {
    beforeHolding: () => takeAll(it),
    async beforeGivingUp() {
      const taken = it.order()
      await it.shop.stores.orders.advance(taken, { ...taken, version: taken.version + 1, reservations: [] })
    },
  })
  assert.deepEqual([first.told, second.told], ["REFUND_EXCEEDS_PAID", "SUCCEEDED"])
  assert.deepEqual([it.stored()?.state, it.heldFen()], ["SUCCEEDED", 200])
})

test("a duplicate of one whose owner died wakes it once, however long it waits", async () => {
  const { shop, refundIdFor } = await payingBack()
  const orders = { ...shop.ports.orders, advance: () => Promise.reject(new Error("died")) }
  await assert.rejects(shop.refund("F1", 200, { ports: { ...shop.ports, orders } }))
  await shop.wait(LEASE_MS)
  assert.equal(toldOf(await shop.refund("F1", 200)), "SYSTEM_ERROR")
  assert.deepEqual(
    shop.polls.map(({ message }) => message),
    [{ refundId: refundIdFor(), step: 0, once: true }],
  )
})

type Meanwhile = { beforeHolding?(): Promise<void>; beforeGivingUp?(): Promise<void> }

/** The same call from two tills; the first needs so long to hold the amount, or to give its number up. */
async function duplicates(shop: RefundedOrder["shop"], slowMs: number, meanwhile: Meanwhile = {}) {
  const { orders, refunds } = shop.ports
  const beganMs = shop.time.monotonicMs()
  const slow: typeof orders = {
    ...orders,
    async advance(previous, next) {
      await shop.time.sleep(slowMs)
      await meanwhile.beforeHolding?.()
      return orders.advance(previous, next)
    },
  }
  const slowToGiveUp: typeof refunds = {
    ...refunds,
    async advance(previous, next) {
      if (next.state === "RETRACTED") {
        await shop.time.sleep(slowMs)
        await meanwhile.beforeGivingUp?.()
      }
      return refunds.advance(previous, next)
    },
  }
  const timed = async (call: Promise<RefundResult>) => {
    const told = toldOf(await call)
    return { told, afterMs: shop.time.monotonicMs() - beganMs }
  }
  const asked = () => ({ nowMs: shop.time.nowMs(), monotonicMs: shop.time.monotonicMs() })
  const call = (ports: typeof shop.ports) =>
    refundOrder(ports, MERCHANT_ID, { outRequestNo: "N1" }, { outRefundNo: "F1", amountFen: 200 }, asked())
  const first = timed(call({ ...shop.ports, orders: slow, refunds: slowToGiveUp }))
  const second = shop.time.sleep(10).then(() => timed(call(shop.ports)))
  const [told] = await Promise.all([Promise.all([first, second]), shop.time.run()])
  return told
}

test("who held the amount too late to send it in time leaves the asking to its successor", async () => {
  const { shop, stored, heldFen } = await payingBack()
  const { orders } = shop.ports
  const slow = {
    ...orders,
    async advance(...given: Parameters<typeof orders.advance>) {
      await shop.time.sleep(LEASE_MS - 5_000)
      return orders.advance(...given)
    },
  }
  // Frozen meanwhile, its monotonic clock may have stood still: by that alone there would be time enough.
  const stood = shop.time.monotonicMs()
  const clock = { ...shop.ports.clock, monotonicMs: () => stood }
  await shop.refund("F1", 200, { ports: { ...shop.ports, orders: slow, clock } })
  assert.deepEqual(shop.channel.refunds, [])
  assert.deepEqual([heldFen(), stored()?.state], [200, "PROCESSING"])
})

test("a queue that is down does not fail the answer: the refund stands in the store", async () => {
  const { shop } = await payingBack(SILENCE)
  const polls = { send: () => Promise.reject(new Error("no queue today")) }
  assert.equal(toldOf(await shop.refund("F1", 200, { ports: { ...shop.ports, polls } })), "PROCESSING")
})

test("an order of nobody's, or of another merchant's, is not found", async () => {
  const { shop, tradeNo } = await payingBack()
  shop.tables.merchants.set("M2", { ...merchantAt(1), merchantId: "M2" })
  const arrived = { nowMs: shop.time.nowMs(), monotonicMs: shop.time.monotonicMs() }
  const request = { outRefundNo: "F1", amountFen: 1 }
  for (const [merchantId, numbers] of [
    [MERCHANT_ID, { tradeNo: "1".repeat(26) }],
    [MERCHANT_ID, { outRequestNo: "N9" }],
    ["M2", { tradeNo }],
    ["M2", { outRequestNo: "N1" }],
  ] as const)
    assert.equal(
      toldOf(await refundOrder(shop.ports, merchantId, numbers, request, arrived)),
      "ORDER_NOT_FOUND",
    )
  assert.equal(shop.tables.refunds.size, 0)
})

test("two merchants may use the same refund number", async () => {
  const { stored, refundIdFor, shop } = await payingBack()
  await shop.refund("F1", 100)
  assert.equal(stored()?.merchantId, MERCHANT_ID)
  assert.notEqual(refundIdOf("M2", "F1"), refundIdFor())
})

test("what is not paid cannot be refunded, nor what is being reversed", async () => {
  const { shop } = await payingBack(SILENCE)
  shop.channel.onCharge = async () => SILENCE
  await shop.pay(payRequest("134567890123456780", { outRequestNo: "N2" }))
  assert.equal(toldOf(await shop.refund("F1", 1, { outRequestNo: "N2" })), "ORDER_STATE_FORBIDS")
  const reversed = await shop.reverse("N1")
  assert.ok(reversed.ok && reversed.order.state === "UNDOING")
  assert.equal(toldOf(await shop.refund("F1", 1)), "ORDER_STATE_FORBIDS")
  assert.equal(shop.tables.refunds.size, 0)
})

test("an order of which a refund gave money back, or yet may, is not reversed any more", async () => {
  for (const outcome of [RETURNED, SILENCE] as const) {
    const { shop, order } = await payingBack(outcome)
    await shop.refund("F1", 200)
    assert.deepEqual(await shop.reverse("N1"), { ok: false, refusal: { code: "ORDER_STATE_FORBIDS" } })
    assert.equal(order().state, "PAID")
  }
})

test("a refund that failed for certain does not keep its order from being reversed, and is not sent again after that", async () => {
  const it = await payingBack(KEPT)
  const { shop, order, stored, refundIdFor } = it
  await shop.refund("F1", 200)
  shop.channel.onRefund = async () => RETURNED
  const reversed = await shop.reverse("N1")
  assert.ok(reversed.ok && reversed.recall === "N")
  assert.equal(order().state, "CLOSED")
  shop.channel.refunds.length = 0
  await Promise.all([
    resendRefund(shop.ports, refundIdFor(), shop.time.monotonicMs() + 9_000),
    shop.time.run(),
  ])
  assert.deepEqual([stored()?.state, stored()?.channelCode], ["FAILED", "ORDER_STATE_FORBIDS"])
  assert.deepEqual(shop.channel.refunds, [])
})

test("a refund and a reversal at once: one of them is done, whichever writes first", async () => {
  const { shop, order } = await payingBack()
  const [refund, reversal] = await Promise.all([shop.refund("F1", 200), shop.reverse("N1")])
  assert.notEqual(refund.ok, reversal.ok)
  assert.equal(order().state, reversal.ok ? "CLOSED" : "PAID")
})

test("the time for refunds is the channel's or the setting's, whichever is shorter, judged at arrival", async () => {
  const { shop } = await payingBack()
  const paidMs = shop.time.nowMs()
  await shop.wait(1_800_000)
  const ports = { ...shop.ports, settings: { ...shop.ports.settings, refundWindowsMs: { wechat: 60_000 } } }
  assert.equal(toldOf(await shop.refund("F1", 1, { ports })), "REFUND_WINDOW_CLOSED")
  assert.equal(toldOf(await shop.refund("F1", 1, { ports, arrivedMs: paidMs + 59_000 })), "SUCCEEDED")
  assert.equal(toldOf(await shop.refund("F2", 1)), "SUCCEEDED")
  await shop.wait(1_800_001)
  assert.equal(toldOf(await shop.refund("F3", 1)), "REFUND_WINDOW_CLOSED")
})

test("the 51st part that is held is refused, and the channel's own limit of parts counts where it is lower", async () => {
  const { shop } = await payingBack()
  for (let part = 1; part <= 3; part++) await shop.refund(`F${part}`, 1)
  shop.channel.capabilities = { ...shop.channel.capabilities, refund: { windowMs: 3_600_000, maxParts: 3 } }
  assert.equal(toldOf(await shop.refund("F4", 1)), "ORDER_STATE_FORBIDS")
  shop.channel.capabilities = { ...shop.channel.capabilities, refund: { windowMs: 3_600_000, maxParts: 99 } }
  shop.channel.onRefund = async () => KEPT
  assert.equal(toldOf(await shop.refund("F0", 1)), "FAILED")
  shop.channel.onRefund = async () => RETURNED
  for (let part = 4; part <= 50; part++) assert.equal(toldOf(await shop.refund(`F${part}`, 1)), "SUCCEEDED")
  assert.equal(toldOf(await shop.refund("F51", 1)), "ORDER_STATE_FORBIDS")
})

test("a channel that takes nothing back is never asked to", async () => {
  const { shop } = await payingBack()
  shop.channel.capabilities = { ...shop.channel.capabilities, refund: undefined }
  assert.equal(toldOf(await shop.refund("F1", 1)), "ORDER_STATE_FORBIDS")
  assert.deepEqual(shop.channel.refunds, [])
})

test("what a zombie holds after its lease nobody would let go: so it holds nothing", async () => {
  const it = await payingBack()
  const { shop, heldFen, stored } = it
  const { orders } = shop.ports
  let tries = 0
  const slow = {
    ...orders,
    async advance(...given: Parameters<typeof orders.advance>) {
      tries += 1
      if (tries > 1) return orders.advance(...given)
      // Meanwhile another refund takes all, this one's successor fails it, and the other one is let go again.
      await shop.time.sleep(LEASE_MS + 1)
      const paid = it.order()
      await takeAll(it)
      const failing = stored()
      assert.ok(failing)
      await shop.stores.refunds.advance(failing, applyToRefund(failing, "refused", shop.time.nowMs()))
      const taken = it.order()
      await orders.advance(taken, { ...paid, version: taken.version + 1 })
      return orders.advance(...given)
    },
  }
  await shop.refund("F1", 200, { ports: { ...shop.ports, orders: slow } })
  assert.equal(stored()?.state, "FAILED")
  assert.equal(heldFen(), 0)
})

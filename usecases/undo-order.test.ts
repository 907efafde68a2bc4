import assert from "node:assert/strict"
import { test } from "node:test"
import { apply, LEASE_MS, type Order } from "../domain/order.ts"
import { openShop, PAID, payRequest, WECHAT_CODE } from "../test/simulation/small-shop.ts"
import { type UndoProgress, undoOrder } from "./undo-order.ts"

type Shop = Awaited<ReturnType<typeof openShop>>
const RETURNED = { kind: "returned" } as const
const SILENCE = { kind: "unknown", cause: "time-out" } as const

/** An order whose charge was not answered and whose reversal has begun, its lease over. */
async function reversingOrder() {
  const shop = await openShop()
  shop.channel.onCharge = async () => SILENCE
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  await shop.wait(LEASE_MS)
  await shop.stores.orders.advance(result.order, apply(result.order, "reversalStarted", shop.time.nowMs()))
  return undoing(shop, result.order)
}

/** A paid order that is being undone. */
async function paidOrderBeingUndone() {
  const shop = await openShop()
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  const undone = apply(result.order, "undoStarted", shop.time.nowMs(), { lease: undefined })
  await shop.stores.orders.advance(result.order, undone)
  return undoing(shop, result.order)
}

function undoing(shop: Shop, { tradeNo }: Order) {
  const order = () => {
    const found = shop.tables.orders.get(tradeNo)
    assert.ok(found)
    return found
  }
  const desk = () => shop.stores.exceptions.list(10)
  const step = (progress: UndoProgress = { tradeNo }) =>
    undoOrder(shop.ports, progress, shop.time.monotonicMs() + 10_000)
  return { shop, order, desk, step, tradeNo }
}

test("an unknown order that the channel reverses is closed, and its lease let go", async () => {
  const { shop, order, step } = await reversingOrder()
  shop.channel.onReverse = async () => ({ kind: "undone" })
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual([order().state, order().legs[0]?.state, order().lease], ["CLOSED", "VOID", undefined])
})

test("a reversal without an answer is tried again, ever more slowly, and lets the lease go meanwhile", async () => {
  const { shop, order, step, tradeNo } = await reversingOrder()
  shop.channel.onReverse = async () => SILENCE
  const waits: number[] = []
  let progress: UndoProgress = { tradeNo }
  for (let tries = 0; tries < 4; tries++) {
    const next = await step(progress)
    assert.ok(!next.done)
    waits.push(next.waitMs)
    progress = next
    assert.equal(order().lease, undefined)
  }
  assert.deepEqual(waits, [2_000, 4_000, 8_000, 8_000])
  assert.equal(order().state, "REVERSING")
})

test("a reversal that is refused is asked about; money that was taken goes back under a computed number", async () => {
  const { shop, order, step, tradeNo } = await reversingOrder()
  shop.channel.onReverse = async () => ({ kind: "refused", channelCode: "PAID_LONG_AGO" })
  shop.channel.onQuery = async () => PAID
  shop.channel.onRefund = async () => RETURNED
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual([order().state, order().legs[0]?.state], ["CLOSED", "RETURNED"])
  assert.equal(shop.channel.refunds[0]?.channelRefundNo, `${tradeNo}01U`)
})

test("not found counts only when a charge cannot be on its way any more, and heard twice", async () => {
  const { shop, order, step } = await reversingOrder()
  shop.channel.onReverse = async () => ({ kind: "notFound" })
  const early = await step()
  assert.ok(!early.done)
  assert.equal(shop.time.nowMs() + early.waitMs, order().createdAtMs + LEASE_MS + 60_000)
  await shop.wait(early.waitMs)
  const once = await step(early)
  assert.ok(!once.done)
  assert.equal(order().state, "REVERSING")
  await shop.wait(once.waitMs)
  assert.deepEqual(await step(once), { done: true })
  assert.equal(order().state, "CLOSED")
})

test("another word in between makes not found be heard twice anew", async () => {
  const { shop, order, step } = await reversingOrder()
  await shop.wait(120_000)
  shop.channel.onReverse = async () => ({ kind: "notFound" })
  const heard = await step()
  assert.ok(!heard.done)
  shop.channel.onReverse = async () => SILENCE
  await shop.wait(heard.waitMs)
  const silent = await step(heard)
  assert.ok(!silent.done)
  shop.channel.onReverse = async () => ({ kind: "notFound" })
  await shop.wait(silent.waitMs)
  assert.equal((await step(silent)).done, false)
  assert.equal(order().state, "REVERSING")
})

test("past the window of its reversal an order is only asked about", async () => {
  const { shop, order, step } = await reversingOrder()
  await shop.wait(3_600_000)
  shop.channel.onQuery = async () => ({ kind: "closed" })
  assert.deepEqual(await step(), { done: true })
  assert.equal(order().state, "CLOSED")
  assert.deepEqual(shop.channel.reverses, [])
})

test("while another holds the lease nothing is asked", async () => {
  const { shop, order, step } = await reversingOrder()
  shop.channel.onReverse = () => new Promise(() => {})
  void step()
  await shop.wait(0)
  const other = await step()
  assert.ok(!other.done)
  assert.equal(shop.channel.reverses.length, 1)
  assert.equal(other.waitMs, (order().lease?.untilMs ?? 0) - shop.time.nowMs() + 1)
})

test("a paid order goes back as a whole; a refund that is under way is asked about under the same number", async () => {
  const { shop, order, step } = await paidOrderBeingUndone()
  shop.channel.onRefund = async () => ({ kind: "processing" })
  shop.channel.onQueryRefund = async () => ({ kind: "processing" })
  const waiting = await step()
  assert.ok(!waiting.done)
  assert.equal(order().state, "UNDOING")
  shop.channel.onQueryRefund = async () => RETURNED
  assert.deepEqual(await step(waiting), { done: true })
  assert.deepEqual([order().state, order().legs[0]?.state], ["CLOSED", "RETURNED"])
  const numbers = new Set(shop.channel.refunds.map((it) => it.channelRefundNo))
  assert.equal(numbers.size, 1)
})

test("a definite refusal leaves the order paid, and a person is told", async () => {
  const { shop, order, desk, step } = await paidOrderBeingUndone()
  shop.channel.onRefund = async () => ({ kind: "refused", channelCode: "NOT_ENOUGH" })
  shop.channel.onQuery = async () => PAID
  shop.channel.onQueryRefund = async () => ({ kind: "notFound" })
  assert.deepEqual(await step(), { done: true })
  assert.equal(order().state, "PAID")
  const [noted] = await desk()
  assert.deepEqual([noted?.kind, noted?.lastTried], ["undo refused", "NOT_ENOUGH"])
})

test("a refusal is not believed while an earlier asking may still be carried out", async () => {
  for (const unclear of [SILENCE, { kind: "processing" }] as const) {
    const { shop, order, step } = await paidOrderBeingUndone()
    shop.channel.onQuery = async () => PAID
    shop.channel.onQueryRefund = async () => ({ kind: "notFound" })
    shop.channel.onRefund = async () => unclear
    assert.equal((await step()).done, false)
    shop.channel.onRefund = async () => ({ kind: "refused", channelCode: "NOT_ENOUGH" })
    await shop.wait(5_000)
    assert.equal((await step()).done, false)
    assert.equal(order().state, "UNDOING")
    await shop.wait(shop.ports.settings.lateChargeMs)
    assert.deepEqual(await step(), { done: true })
    assert.equal(order().state, "PAID")
  }
})

test("a refusal to be asked again is none while the refund's own state says otherwise", async () => {
  const { shop, order, step } = await paidOrderBeingUndone()
  shop.channel.onQuery = async () => PAID
  shop.channel.onRefund = async () => ({ kind: "refused", channelCode: "FREQUENCY" })
  shop.channel.onQueryRefund = async () => ({ kind: "processing" })
  assert.equal((await step()).done, false)
  shop.channel.onQueryRefund = async () => ({ kind: "returned" })
  await shop.wait(5_000)
  assert.deepEqual(await step(), { done: true })
  assert.equal(order().state, "CLOSED")
})

test("a refusal because the money went back another way is no refusal", async () => {
  const { shop, order, step } = await paidOrderBeingUndone()
  shop.channel.onRefund = async () => ({ kind: "refused", channelCode: "REVERSED" })
  shop.channel.onQuery = async () => ({ kind: "closed" })
  assert.deepEqual(await step(), { done: true })
  assert.equal(order().state, "CLOSED")
})

test("what is not final after ten minutes stands on the desk until it is", async () => {
  const { shop, desk, step } = await reversingOrder()
  shop.channel.onReverse = async () => SILENCE
  await step()
  assert.deepEqual(await desk(), [])
  await shop.wait(600_000)
  await step()
  const [noted] = await desk()
  assert.deepEqual([noted?.kind, noted?.lastTried], ["not final", "time-out"])
  shop.channel.onReverse = async () => ({ kind: "undone" })
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual(await desk(), [])
})

test("an order that somebody finished and left on the desk is taken off it", async () => {
  const { shop, desk, step, tradeNo } = await reversingOrder()
  shop.channel.onReverse = async () => ({ kind: "undone" })
  await step()
  await shop.wait(600_000)
  const nowMs = shop.time.nowMs()
  const noted = { tradeNo, merchantId: "M1", kind: "not final", lastTried: "asking failed" } as const
  await shop.stores.exceptions.note(noted, nowMs)
  await shop.wait(1_000)
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual(await desk(), [])
})

test("a channel that is switched off is waited for", async () => {
  const { shop, order, tradeNo } = await reversingOrder()
  const next = await undoOrder({ ...shop.ports, channels: {} }, { tradeNo }, shop.time.monotonicMs() + 10_000)
  assert.equal(next.done, false)
  assert.equal(order().state, "REVERSING")
})

test("there is nothing to undo about an order that is not there, or pays", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => SILENCE
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  for (const tradeNo of [result.order.tradeNo, "1".repeat(26)]) {
    assert.deepEqual(await undoOrder(shop.ports, { tradeNo }, 10_000), { done: true })
  }
})

test("a refund that fails at the channel after it was accepted leaves the order paid and on the desk", async () => {
  const shop = await openShop()
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  const { tradeNo } = result.order
  // The payment reads as "returned" from the moment any refund of it exists: only the refund's own word counts.
  shop.channel.onRefund = async () => ({ kind: "processing" })
  shop.channel.onQueryRefund = async () => ({ kind: "refused", channelCode: "CLOSED", numberEnded: true })
  shop.channel.onQuery = async () => ({ kind: "returned", channelTradeNo: "42", couponFen: 0 })
  const reversed = await shop.reverse("N1")
  assert.deepEqual(reversed, { ok: false, refusal: { code: "ORDER_STATE_FORBIDS" } })
  assert.equal(shop.tables.orders.get(tradeNo)?.state, "PAID")
  assert.equal((await shop.stores.exceptions.list(1))[0]?.kind, "undo refused")
})

const STUCK = { kind: "stuck", channelCode: "ABNORMAL" } as const

test("a refund that is stuck at the channel keeps the order in its undoing, on the desk at once, until it is settled", async () => {
  const answers = [
    { asked: STUCK, found: PAID },
    { asked: { kind: "processing" }, found: PAID },
    { asked: { kind: "refused", channelCode: "FREQUENCY" }, found: PAID },
    { asked: { kind: "refused", channelCode: "FREQUENCY" }, found: { ...PAID, kind: "returned" } },
  ] as const
  for (const { asked, found } of answers) {
    const { shop, order, desk, step } = await paidOrderBeingUndone()
    shop.channel.onRefund = async () => asked
    shop.channel.onQueryRefund = async () => STUCK
    shop.channel.onQuery = async () => found
    for (let tries = 0; tries < 2; tries++) {
      assert.equal((await step()).done, false)
      assert.equal(order().state, "UNDOING")
      const shown = "ABNORMAL: to be settled at the channel"
      assert.deepEqual(
        (await desk()).map(({ kind, lastTried }) => [kind, lastTried]),
        [["not final", shown]],
      )
      await shop.wait(60_000)
    }
    shop.channel.onRefund = async () => RETURNED
    assert.deepEqual(await step(), { done: true })
    assert.equal(order().state, "CLOSED")
    assert.deepEqual(await desk(), [])
  }
})

test("an undoing does not leave any more when its lease has not enough time left, whatever the monotonic clock says", async () => {
  const { shop, order } = await paidOrderBeingUndone()
  const { orders } = shop.ports
  const slow: typeof orders = {
    ...orders,
    async advance(previous, next) {
      const result = await orders.advance(previous, next)
      await shop.time.sleep(LEASE_MS - 8_000)
      return result
    },
  }
  const call = undoOrder({ ...shop.ports, orders: slow }, { tradeNo: order().tradeNo }, 1e9)
  const [step] = await Promise.all([call, shop.time.run()])
  assert.equal(step.done, false)
  assert.deepEqual([shop.channel.refunds, order().state], [[], "UNDOING"])
})

const ENDED = { kind: "refused", channelCode: "CLOSED", numberEnded: true } as const

test("a refund of an undoing that ended at the channel is made under the next number, when it is asked for anew", async () => {
  const { shop, order, step, tradeNo } = await paidOrderBeingUndone()
  // The payment reads as "returned" from its first refund on, also where that ended without moving anything.
  shop.channel.onQuery = async () => ({ ...PAID, kind: "returned" })
  shop.channel.onRefund = async () => ({ kind: "processing" })
  shop.channel.onQueryRefund = async () => ENDED
  assert.deepEqual(await step(), { done: true })
  assert.deepEqual([order().state, order().undoNo], ["PAID", 2])
  shop.channel.onQueryRefund = async () => ({ kind: "notFound" })
  shop.channel.onRefund = async ({ channelRefundNo }) =>
    channelRefundNo === `${tradeNo}01U` ? ENDED : RETURNED
  const reversed = await shop.reverse("N1")
  assert.ok(reversed.ok && reversed.recall === "N")
  assert.equal(order().state, "CLOSED")
  assert.deepEqual(
    shop.channel.refunds.map((it) => it.channelRefundNo),
    [`${tradeNo}01U`, `${tradeNo}01U2`],
  )
})

test("an order being reversed is not called returned because of a refund of its that ended: it goes back under the next number", async () => {
  const { shop, order, step, tradeNo } = await reversingOrder()
  const first = `${tradeNo}01U`
  await shop.wait(shop.ports.settings.lateChargeMs)
  shop.channel.onReverse = async () => ({ kind: "refused", channelCode: "REFUNDED" })
  shop.channel.onQuery = async () => ({ ...PAID, kind: "returned" })
  shop.channel.onQueryRefund = async ({ channelRefundNo }) =>
    channelRefundNo === first ? ENDED : { kind: "notFound" }
  const waiting = await step()
  assert.ok(!waiting.done)
  assert.deepEqual([order().state, order().undoNo], ["REVERSING", 2])
  shop.channel.onRefund = async () => ({ kind: "refused", channelCode: "NOT_ENOUGH" })
  assert.equal((await step(waiting)).done, false)
  assert.equal(order().state, "REVERSING")
  shop.channel.onRefund = async () => RETURNED
  assert.deepEqual(await step(waiting), { done: true })
  assert.equal(order().state, "CLOSED")
})

test("a reversal that gets no answer that counts is not waited for: what the query finds is undone", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "unknown", cause: "time-out" })
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  await shop.wait(60_000)
  shop.channel.onReverse = async () => ({ kind: "unknown", cause: "404 not signed" })
  shop.channel.onQuery = async () => ({ kind: "charged", channelTradeNo: "42", couponFen: 0 })
  shop.channel.onRefund = async () => ({ kind: "returned" })
  const reversed = await shop.reverse("N1")
  assert.ok(reversed.ok)
  assert.deepEqual([reversed.order.state, reversed.recall], ["CLOSED", "N"])
})

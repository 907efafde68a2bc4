import assert from "node:assert/strict"
import { test } from "node:test"
import { apply, closedNumber, type Order, type PayRequest, withLease } from "../../domain/order.ts"
import { tradeNoOf } from "../../domain/order-number.ts"
import { refundIdOf } from "../../domain/refund-number.ts"
import type { OrderStore } from "../../usecases/ports.ts"
import { atOnce, NOON_MS, payingOrder, plain, sampleLeg, sampleRequest } from "./samples.ts"

export function orderPromises(name: string, orders: () => OrderStore): void {
  test(`${name}: an order is read as it was created`, async () => {
    const order = payingOrder(sampleRequest({ extraData: "till 3", notifyUrl: "https://shop.example/paid" }))
    assert.deepEqual(plain(await orders().create(order)), plain({ put: true, order }))
    assert.deepEqual(plain(await orders().read(order.tradeNo)), plain(order))
  })

  test(`${name}: a number that was never used reads as nothing`, async () => {
    assert.equal(await orders().read(tradeNoOf("M-none", "N-none")), undefined)
  })

  test(`${name}: of 50 that create the same order at once one puts it, the others see that one`, async () => {
    const request = sampleRequest()
    const results = await atOnce(50, () => orders().create(payingOrder(request)))
    const put = results.flatMap((it) => (it.put ? [it.order] : []))
    assert.equal(put.length, 1)
    const holders = new Set(results.map((it) => (it.put ? it.order : it.stored).lease?.holder))
    assert.deepEqual([...holders], [put[0]?.lease?.holder])
  })

  test(`${name}: a create that is repeated because its answer was lost is put both times`, async () => {
    const order = payingOrder(sampleRequest())
    assert.equal((await orders().create(order)).put, true)
    assert.deepEqual(plain(await orders().create(order)), plain({ put: true, order }))
    assert.equal((await orders().read(order.tradeNo))?.version, 1)
  })

  test(`${name}: another content under a taken number is given what stands there`, async () => {
    const request = sampleRequest()
    const first = payingOrder(request)
    await orders().create(first)
    const second = await orders().create(payingOrder({ ...request, totalFen: 700 }, { fingerprint: "other" }))
    assert.deepEqual(plain(second), plain({ put: false, stored: first }))
  })

  test(`${name}: an order advances only from the version that was read`, async () => {
    const order = payingOrder(sampleRequest())
    await orders().create(order)
    const paid = charged(order, 1)
    assert.deepEqual(await orders().advance(order, paid), { written: true })
    const late = await orders().advance(order, apply(order, "declined", NOON_MS + 2))
    assert.deepEqual(plain(late), plain({ written: false, stored: paid }))
    assert.deepEqual(plain(await orders().read(order.tradeNo)), plain(paid))
  })

  test(`${name}: what a change leaves out is gone`, async () => {
    const order = payingOrder(sampleRequest())
    await orders().create(order)
    const asked = apply(order, "passwordAsked", NOON_MS + 1, { lease: undefined })
    await orders().advance(order, asked)
    assert.deepEqual(plain(await orders().read(order.tradeNo)), plain(asked))
  })

  test(`${name}: of 20 that advance the same order at once one writes`, async () => {
    const order = payingOrder(sampleRequest())
    await orders().create(order)
    const results = await atOnce(20, (index) => orders().advance(order, charged(order, index + 1)))
    assert.equal(results.filter((it) => it.written).length, 1)
  })

  test(`${name}: an advance that is repeated because its answer was lost is written both times`, async () => {
    const order = payingOrder(sampleRequest())
    await orders().create(order)
    const paid = charged(order, 1)
    assert.deepEqual(await orders().advance(order, paid), { written: true })
    assert.deepEqual(await orders().advance(order, paid), { written: true })
    assert.equal((await orders().read(order.tradeNo))?.version, 2)
  })

  test(`${name}: a write to the same state by somebody else is not taken for one's own`, async () => {
    const order = payingOrder(sampleRequest())
    await orders().create(order)
    await orders().advance(order, charged(order, 1))
    const other = await orders().advance(order, charged(order, 1_500))
    assert.deepEqual(plain(other), plain({ written: false, stored: charged(order, 1) }))
  })

  test(`${name}: what refunds hold of an order is kept, released or not`, async () => {
    const order = payingOrder(sampleRequest())
    await orders().create(order)
    const paid = charged(order, 1)
    await orders().advance(order, paid)
    const reservations = [
      { refundId: refundIdOf("M1", "F1"), generation: 1, amountFen: 100, state: "RELEASED" },
      { refundId: refundIdOf("M1", "F2"), generation: 12, amountFen: 400, state: "HELD" },
    ] as const
    const held = { ...paid, version: paid.version + 1, reservations }
    assert.deepEqual(await orders().advance(paid, held), { written: true })
    assert.deepEqual(plain(await orders().read(order.tradeNo)), plain(held))
  })

  leasePromises(name, orders)
  closedNumberPromises(name, orders)
  retractedPromises(name, orders)
}

function leasePromises(name: string, orders: () => OrderStore): void {
  test(`${name}: a lease is taken and let go without a change of state, and is gone then`, async () => {
    const order = payingOrder(sampleRequest())
    await orders().create(order)
    const reversing = apply(order, "reversalStarted", NOON_MS + 1)
    await orders().advance(order, reversing)
    const taken = withLease(reversing, "undo step 1", NOON_MS + 30_000)
    assert.deepEqual(await orders().advance(reversing, taken), { written: true })
    assert.deepEqual(plain(await orders().read(order.tradeNo)), plain(taken))
    const letGo = { ...taken, version: taken.version + 1, lease: undefined }
    assert.deepEqual(await orders().advance(taken, letGo), { written: true })
    assert.equal((await orders().read(order.tradeNo))?.lease, undefined)
    assert.deepEqual(plain(await orders().read(order.tradeNo)), plain(letGo))
  })

  test(`${name}: of 20 that take the lease at once one gets it, the others see whose it is`, async () => {
    const order = payingOrder(sampleRequest())
    await orders().create(order)
    const results = await atOnce(20, (index) =>
      orders().advance(order, withLease(order, `H${index}`, NOON_MS)),
    )
    const seen = results.flatMap((it) => (it.written ? [] : [it.stored.lease?.holder]))
    assert.equal(seen.length, 19)
    assert.deepEqual([...new Set(seen)], [(await orders().read(order.tradeNo))?.lease?.holder])
  })
}

function closedNumberPromises(name: string, orders: () => OrderStore): void {
  const closedOf = ({ merchantId, outRequestNo }: PayRequest) =>
    closedNumber({ merchantId, outRequestNo }, { createdAtMs: NOON_MS, day: "20250601" })

  test(`${name}: a number that was closed unseen stays closed for whatever comes under it`, async () => {
    const request = sampleRequest()
    const closed = closedOf(request)
    assert.equal((await orders().create(closed)).put, true)
    const late = await orders().create(payingOrder(request))
    assert.deepEqual(plain(late), plain({ put: false, stored: closed }))
    assert.equal((await orders().create(closed)).put, false)
  })

  test(`${name}: a number under which an order stands cannot be closed unseen`, async () => {
    const order = payingOrder(sampleRequest())
    await orders().create(order)
    assert.deepEqual(
      plain(await orders().create(closedOf({ ...order, code: "" }))),
      plain({ put: false, stored: order }),
    )
  })

  test(`${name}: a retracted number can be closed unseen, and keeps its events`, async () => {
    const { request, retracted } = await retractedOrder(orders())
    const put = await orders().create(closedOf(request))
    assert.deepEqual(plain(put), plain({ put: true, order: successor(retracted, closedOf(request)) }))
    assert.equal((await orders().create(payingOrder(request))).put, false)
  })
}

function retractedPromises(name: string, orders: () => OrderStore): void {
  test(`${name}: a retracted number is taken over at the next version, by any content`, async () => {
    const { request, retracted } = await retractedOrder(orders())
    const next = payingOrder({ ...request, totalFen: 700 }, { fingerprint: "other" })
    const taken = await orders().create(next)
    assert.deepEqual(plain(taken), plain({ put: true, order: successor(retracted, next) }))
    assert.deepEqual(plain(await orders().read(next.tradeNo)), plain(successor(retracted, next)))
  })

  test(`${name}: of those that take a retracted number over at once one gets it`, async () => {
    const { request } = await retractedOrder(orders())
    const results = await atOnce(2, () => orders().create(payingOrder(request)))
    const [winner] = results.flatMap((it) => (it.put ? [it.order] : []))
    const [loser] = results.flatMap((it) => (it.put ? [] : [it.stored]))
    assert.equal(winner?.version, 3)
    assert.deepEqual(plain(loser), plain(winner))
  })

  test(`${name}: a takeover that is repeated because its answer was lost is put both times`, async () => {
    const { request, retracted } = await retractedOrder(orders())
    const next = payingOrder(request)
    await orders().create(next)
    const again = await orders().create(next)
    assert.deepEqual(plain(again), plain({ put: true, order: successor(retracted, next) }))
  })

  test(`${name}: who still holds the retracted order cannot write over its successor`, async () => {
    const { request, first, retracted } = await retractedOrder(orders())
    await orders().create(payingOrder(request))
    assert.equal((await orders().advance(retracted, { ...retracted, version: 3 })).written, false)
    assert.equal((await orders().advance(first, charged(first, 1))).written, false)
  })
}

async function retractedOrder(orders: OrderStore) {
  const request = sampleRequest()
  const first = payingOrder(request)
  await orders.create(first)
  const retracted = apply(first, "retracted", NOON_MS + 1)
  await orders.advance(first, retracted)
  return { request, first, retracted }
}

/** The number goes on: version and events are those of all that stood under it. */
function successor(retracted: Order, next: Order): Order {
  return { ...next, version: retracted.version + 1, events: [...retracted.events, ...next.events] }
}

function charged(order: Order, afterMs: number): Order {
  const legs = [
    sampleLeg({ amountFen: order.totalFen, state: "CHARGED", channelTradeNo: "4200", couponFen: 0 }),
  ]
  return apply(order, "charged", NOON_MS + afterMs, { legs })
}

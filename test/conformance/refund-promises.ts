import assert from "node:assert/strict"
import { test } from "node:test"
import { applyToRefund, type Refund, withoutRefundLease, withRefundLease } from "../../domain/refund.ts"
import { refundIdOf } from "../../domain/refund-number.ts"
import type { RefundStore } from "../../usecases/ports.ts"
import { atOnce, fresh, NOON_MS, plain, sampleRefund } from "./samples.ts"

export function refundPromises(name: string, refunds: () => RefundStore): void {
  test(`${name}: a refund is read as it was created`, async () => {
    const refund = sampleRefund({ uid: "U1", payType: "CT_WECHAT", notifyUrl: "https://shop.example/back" })
    assert.deepEqual(plain(await refunds().create(refund)), plain({ put: true, refund }))
    assert.deepEqual(plain(await refunds().read(refund.refundId)), plain(refund))
  })

  test(`${name}: a refund number that was never used reads as nothing`, async () => {
    assert.equal(await refunds().read(refundIdOf("M-none", "F-none")), undefined)
  })

  test(`${name}: of 50 that create the same refund at once one puts it, the others see that one`, async () => {
    const numbers = numbersOf(sampleRefund())
    const results = await atOnce(50, () => refunds().create(sampleRefund(numbers)))
    const put = results.flatMap((it) => (it.put ? [it.refund] : []))
    assert.equal(put.length, 1)
    const holders = new Set(results.map((it) => (it.put ? it.refund : it.stored).lease?.holder))
    assert.deepEqual([...holders], [put[0]?.lease?.holder])
  })

  test(`${name}: a refund whose creation is repeated because its answer was lost is put both times`, async () => {
    const refund = sampleRefund()
    assert.equal((await refunds().create(refund)).put, true)
    assert.deepEqual(plain(await refunds().create(refund)), plain({ put: true, refund }))
    assert.equal((await refunds().read(refund.refundId))?.version, 1)
  })

  test(`${name}: a creation that is repeated after another went on with the refund is given what stands there`, async () => {
    const refund = sampleRefund()
    await refunds().create(refund)
    const stepping = withRefundLease(refund, fresh("H"), NOON_MS + 30_000)
    await refunds().advance(refund, stepping)
    assert.deepEqual(plain(await refunds().create(refund)), plain({ put: false, stored: stepping }))
  })

  test(`${name}: two that hold no lease are not the same attempt`, async () => {
    const refund = sampleRefund({ lease: undefined })
    await refunds().create(refund)
    assert.deepEqual(plain(await refunds().create(refund)), plain({ put: false, stored: refund }))
  })

  test(`${name}: another amount under a taken refund number is given what stands there`, async () => {
    const first = sampleRefund()
    await refunds().create(first)
    const second = await refunds().create(sampleRefund({ ...numbersOf(first), amountFen: 200 }))
    assert.deepEqual(plain(second), plain({ put: false, stored: first }))
  })

  advancePromises(name, refunds)
  retractedPromises(name, refunds)
}

function advancePromises(name: string, refunds: () => RefundStore): void {
  test(`${name}: a refund advances only from the version that was read`, async () => {
    const refund = await created(refunds())
    const done = returned(refund, 1)
    assert.deepEqual(await refunds().advance(refund, done), { written: true })
    const late = await refunds().advance(refund, applyToRefund(refund, "refused", NOON_MS + 2))
    assert.deepEqual(plain(late), plain({ written: false, stored: done }))
    assert.deepEqual(plain(await refunds().read(refund.refundId)), plain(done))
  })

  test(`${name}: what a change of a refund leaves out is gone, what it adds is kept`, async () => {
    const refund = await created(refunds())
    const asked = withoutRefundLease(refund, {
      unansweredAtMs: NOON_MS + 7_000,
      refusedAtMs: NOON_MS + 7_500,
    })
    await refunds().advance(refund, asked)
    assert.deepEqual(plain(await refunds().read(refund.refundId)), plain(asked))
    const failed = applyToRefund(asked, "refused", NOON_MS + 9_000, { channelCode: "CLOSED", channelNo: 2 })
    await refunds().advance(asked, failed)
    const again = applyToRefund(failed, "sentAgain", NOON_MS + 10_000, {
      generation: 2,
      lease: { holder: fresh("H"), untilMs: NOON_MS + 35_000 },
      unansweredAtMs: undefined,
      refusedAtMs: undefined,
      channelCode: undefined,
    })
    await refunds().advance(failed, again)
    assert.deepEqual(plain(await refunds().read(refund.refundId)), plain(again))
  })

  test(`${name}: of 50 that advance the same refund at once one writes`, async () => {
    const refund = await created(refunds())
    const results = await atOnce(50, (index) => refunds().advance(refund, returned(refund, index + 1)))
    assert.equal(results.filter((it) => it.written).length, 1)
  })

  test(`${name}: of 20 that take a refund's lease at once one gets it, the others see whose it is`, async () => {
    const refund = await created(refunds())
    const results = await atOnce(20, (index) =>
      refunds().advance(refund, withRefundLease(refund, `H${index}`, NOON_MS)),
    )
    const seen = results.flatMap((it) => (it.written ? [] : [it.stored.lease?.holder]))
    assert.equal(seen.length, 19)
    assert.deepEqual([...new Set(seen)], [(await refunds().read(refund.refundId))?.lease?.holder])
  })

  test(`${name}: an advance of a refund that is repeated because its answer was lost is written both times`, async () => {
    const refund = await created(refunds())
    const done = returned(refund, 1)
    assert.deepEqual(await refunds().advance(refund, done), { written: true })
    assert.deepEqual(await refunds().advance(refund, done), { written: true })
    assert.equal((await refunds().read(refund.refundId))?.version, 2)
  })

  test(`${name}: a refund written to the same state by somebody else is not one's own write`, async () => {
    const refund = await created(refunds())
    await refunds().advance(refund, returned(refund, 1))
    const other = await refunds().advance(refund, returned(refund, 1_500))
    assert.deepEqual(plain(other), plain({ written: false, stored: returned(refund, 1) }))
  })
}

function retractedPromises(name: string, refunds: () => RefundStore): void {
  test(`${name}: a retracted refund number is taken over at the next version, by any content`, async () => {
    const { numbers, retracted } = await retractedRefund(refunds())
    const next = sampleRefund({ ...numbers, amountFen: 200 })
    const taken = successor(retracted, next)
    assert.deepEqual(plain(await refunds().create(next)), plain({ put: true, refund: taken }))
    assert.deepEqual(plain(await refunds().read(next.refundId)), plain(taken))
  })

  test(`${name}: of 20 that take a retracted refund number over at once one gets it`, async () => {
    const { numbers } = await retractedRefund(refunds())
    const results = await atOnce(20, () => refunds().create(sampleRefund(numbers)))
    const [winner, ...others] = results.flatMap((it) => (it.put ? [it.refund] : []))
    assert.deepEqual([winner?.version, others], [3, []])
    for (const loser of results.flatMap((it) => (it.put ? [] : [it.stored])))
      assert.deepEqual(plain(loser), plain(winner))
  })

  test(`${name}: a takeover of a refund number that is repeated because its answer was lost is put both times`, async () => {
    const { numbers, retracted } = await retractedRefund(refunds())
    const next = sampleRefund(numbers)
    await refunds().create(next)
    const again = await refunds().create(next)
    assert.deepEqual(plain(again), plain({ put: true, refund: successor(retracted, next) }))
  })

  test(`${name}: who still holds the retracted refund cannot write over its successor`, async () => {
    const { numbers, first, retracted } = await retractedRefund(refunds())
    await refunds().create(sampleRefund(numbers))
    assert.equal((await refunds().advance(retracted, { ...retracted, version: 3 })).written, false)
    assert.equal((await refunds().advance(first, returned(first, 1))).written, false)
  })
}

async function created(refunds: RefundStore): Promise<Refund> {
  const refund = sampleRefund()
  await refunds.create(refund)
  return refund
}

async function retractedRefund(refunds: RefundStore) {
  const first = await created(refunds)
  const retracted = applyToRefund(first, "retracted", NOON_MS + 1, { lease: undefined })
  await refunds.advance(first, retracted)
  return { numbers: numbersOf(first), first, retracted }
}

function numbersOf({ merchantId, outRefundNo }: Refund) {
  return { merchantId, outRefundNo }
}

/** The number goes on: version and events are those of all that stood under it. */
function successor(retracted: Refund, next: Refund): Refund {
  return { ...next, version: retracted.version + 1, events: [...retracted.events, ...next.events] }
}

function returned(refund: Refund, afterMs: number): Refund {
  return applyToRefund(refund, "returned", NOON_MS + afterMs, {
    channelRefundNo: "5000000001",
    couponFen: 1,
    channelReturnedAtMs: NOON_MS,
    lease: undefined,
  })
}

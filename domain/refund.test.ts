import assert from "node:assert/strict"
import { test } from "node:test"
import { LEASE_MS } from "./order.ts"
import {
  applyToRefund,
  begunAtMs,
  isFreshClaim,
  isSameRefund,
  newRefund,
  type Refund,
  refundLeaseHeld,
  withoutRefundLease,
  withRefundLease,
} from "./refund.ts"

const MADE_MS = Date.UTC(2025, 5, 1, 4)

function made(): Refund {
  return newRefund({
    refundId: "1".repeat(26),
    merchantId: "M1",
    outRefundNo: "F1",
    tradeNo: "2".repeat(26),
    outRequestNo: "N1",
    storeId: "S1",
    legNo: 1,
    channel: "wechat",
    amountFen: 100,
    totalFen: 500,
    lease: { holder: "H1", untilMs: MADE_MS + LEASE_MS },
    day: "20250601",
    createdAtMs: MADE_MS,
  })
}

test("a refund begins in progress, at its first version, generation and number at the channel", () => {
  const { state, version, generation, channelNo, finalAtMs, events } = made()
  assert.deepEqual([state, version, generation, channelNo, finalAtMs], ["PROCESSING", 1, 1, 1, undefined])
  assert.deepEqual(events, [{ event: "claimed", atMs: MADE_MS }])
})

test("it is final at the write that says so, and no more when it is sent again", () => {
  const failed = applyToRefund(made(), "refused", MADE_MS + 5, { channelCode: "NOT_ENOUGH" })
  assert.deepEqual([failed.state, failed.version, failed.finalAtMs], ["FAILED", 2, MADE_MS + 5])
  const again = applyToRefund(failed, "sentAgain", MADE_MS + 9, { generation: 2 })
  assert.deepEqual([again.state, again.version, again.finalAtMs], ["PROCESSING", 3, undefined])
  assert.deepEqual(
    again.events.map(({ event }) => event),
    ["claimed", "refused", "sentAgain"],
  )
})

test("what succeeded cannot be changed any more", () => {
  const done = applyToRefund(made(), "returned", MADE_MS + 5)
  for (const event of ["claimed", "retracted", "returned", "refused", "sentAgain"] as const)
    assert.throws(() => applyToRefund(done, event, MADE_MS + 6), /no way from SUCCEEDED/)
})

test("a lease is held until its end", () => {
  assert.ok(refundLeaseHeld(made(), MADE_MS + LEASE_MS - 1))
  assert.ok(!refundLeaseHeld(made(), MADE_MS + LEASE_MS))
  assert.ok(!refundLeaseHeld(withoutRefundLease(made()), MADE_MS))
})

test("whoever takes over from somebody who let nothing be heard takes what that one sent for under way", () => {
  const next = withRefundLease(made(), "H2", MADE_MS + 60_000)
  assert.deepEqual(next.lease, { holder: "H2", untilMs: MADE_MS + 60_000 + LEASE_MS })
  assert.equal(next.unansweredAtMs, MADE_MS + LEASE_MS)
})

test("a lease that was let go leaves what is known of the last asking", () => {
  const asked = withoutRefundLease(made(), { unansweredAtMs: MADE_MS + 7_000, refusedAtMs: MADE_MS + 8_000 })
  assert.deepEqual([asked.lease, asked.unansweredAtMs], [undefined, MADE_MS + 7_000])
  const next = withRefundLease(asked, "H2", MADE_MS + 60_000)
  assert.equal(next.unansweredAtMs, MADE_MS + 7_000)
  const { unansweredAtMs, refusedAtMs } = withoutRefundLease(next)
  assert.deepEqual([unansweredAtMs, refusedAtMs], [MADE_MS + 7_000, MADE_MS + 8_000])
})

test("a claim is fresh until somebody writes to it, also one that takes a number over", () => {
  const claim = made()
  assert.ok(isFreshClaim(claim))
  const retracted = applyToRefund(claim, "retracted", MADE_MS + 5, { lease: undefined })
  const laterMs = MADE_MS + 60_000
  const lease = { holder: "H2", untilMs: laterMs + LEASE_MS }
  assert.ok(isFreshClaim(applyToRefund(retracted, "claimed", laterMs, { lease })))
  for (const after of [
    retracted,
    withRefundLease(claim, "H2", laterMs),
    withoutRefundLease(claim),
    applyToRefund(claim, "returned", MADE_MS + 5),
    applyToRefund(applyToRefund(claim, "refused", MADE_MS + 5), "sentAgain", laterMs, {
      generation: 2,
      lease,
    }),
  ])
    assert.ok(!isFreshClaim(after), after.state)
})

test("a generation begins when the number was claimed, or when a person sent it again", () => {
  assert.equal(begunAtMs(made()), MADE_MS)
  const failed = applyToRefund(made(), "refused", MADE_MS + 5)
  assert.equal(begunAtMs(failed), MADE_MS)
  assert.equal(begunAtMs(applyToRefund(failed, "sentAgain", MADE_MS + 9, { generation: 2 })), MADE_MS + 9)
})

test("the same refund is of the same order, amount and address", () => {
  const refund = made()
  const { tradeNo, amountFen } = refund
  assert.ok(isSameRefund(refund, { tradeNo, amountFen }))
  assert.ok(!isSameRefund(refund, { tradeNo: "3".repeat(26), amountFen }))
  assert.ok(!isSameRefund(refund, { tradeNo, amountFen: amountFen + 1 }))
  assert.ok(!isSameRefund(refund, { tradeNo, amountFen, notifyUrl: "https://shop.example/back" }))
})

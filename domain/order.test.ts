import assert from "node:assert/strict"
import { test } from "node:test"
import {
  apply,
  codeOwnerOf,
  couponFenOf,
  fingerprintOf,
  LEASE_MS,
  type Leg,
  leaseHeld,
  newOrder,
  type PayRequest,
  paidAtMs,
} from "./order.ts"
import { tradeNoOf } from "./order-number.ts"

const KEY = Buffer.alloc(32, 1)
const NOW_MS = Date.UTC(2025, 5, 1, 4)

const REQUEST: PayRequest = {
  merchantId: "M10001",
  outRequestNo: "N1",
  code: "92123456789012345675",
  body: "豆浆",
  totalFen: 500,
  storeId: "S1",
}

const LEG: Leg = {
  no: 1,
  channel: "wechat",
  accountId: "A1",
  settingsVersion: 1,
  intent: "agreement",
  amountFen: 500,
  state: "PENDING",
}

function accepted() {
  return newOrder(REQUEST, "accepted", {
    fingerprint: fingerprintOf(KEY, REQUEST),
    createdAtMs: NOW_MS,
    day: "20250601",
    legs: [LEG],
    lease: { holder: "H1", untilMs: NOW_MS + LEASE_MS },
  })
}

test("a fingerprint never changes for the same content", () => {
  assert.equal(fingerprintOf(KEY, REQUEST), "OMSc4a75mvRYGnXT")
})

test("every part of the content changes the fingerprint, and the key does", () => {
  const others: Partial<PayRequest>[] = [
    { code: "92123456789012345676" },
    { body: "豆花" },
    { totalFen: 501 },
    { storeId: "S2" },
    { extraData: "x" },
    { notifyUrl: "x" },
  ]
  const prints = [REQUEST, ...others.map((other) => ({ ...REQUEST, ...other }))].map((it) =>
    fingerprintOf(KEY, it),
  )
  assert.equal(new Set([...prints, fingerprintOf(Buffer.alloc(32, 2), REQUEST)]).size, others.length + 2)
})

test("a code's owner is this request for this order, and no other", () => {
  assert.equal(codeOwnerOf("1", "f"), "ah5DweeR988OpNzkD5NigX")
  const owners = [codeOwnerOf("1", "f"), codeOwnerOf("2", "f"), codeOwnerOf("1", "g"), codeOwnerOf("1f", "")]
  assert.equal(new Set(owners).size, owners.length)
})

test("a new order is paying at version 1 with its first event, and not final", () => {
  const order = accepted()
  assert.equal(order.tradeNo, tradeNoOf("M10001", "N1"))
  assert.deepEqual([order.state, order.version, order.finalAtMs], ["PAYING", 1, undefined])
  assert.deepEqual(order.events, [{ event: "accepted", atMs: NOW_MS }])
})

test("an order that is refused or closed before it began is final at once", () => {
  const facts = { fingerprint: "f", createdAtMs: NOW_MS, day: "20250601" }
  const refused = newOrder(REQUEST, "refused", { ...facts, failure: { code: "CODE_USED" } })
  const closed = newOrder(REQUEST, "closedUnseen", facts)
  assert.deepEqual(
    [refused.state, refused.finalAtMs, refused.failure],
    ["FAILED", NOW_MS, { code: "CODE_USED" }],
  )
  assert.deepEqual([closed.state, closed.finalAtMs], ["CLOSED", NOW_MS])
})

test("each change is one version and one event further", () => {
  const asked = apply(accepted(), "passwordAsked", NOW_MS + 5)
  const paid = apply(asked, "charged", NOW_MS + 9, { legs: [{ ...LEG, state: "CHARGED" }] })
  assert.deepEqual([asked.state, asked.version, asked.finalAtMs], ["PAYING", 2, undefined])
  assert.deepEqual([paid.state, paid.version, paid.finalAtMs], ["PAID", 3, NOW_MS + 9])
  assert.deepEqual(
    paid.events.map((it) => it.event),
    ["accepted", "passwordAsked", "charged"],
  )
  assert.equal(paid.legs[0]?.state, "CHARGED")
})

test("an event without a place in the state changes nothing", () => {
  const paid = apply(accepted(), "charged", NOW_MS)
  assert.throws(() => apply(paid, "declined", NOW_MS), /no way from PAID by declined/)
  assert.equal(paid.state, "PAID")
})

test("an undo that was refused leaves the payment as it was, day and all", () => {
  const paid = apply(accepted(), "charged", NOW_MS + 1)
  const back = apply(apply(paid, "undoStarted", NOW_MS + 2), "undoRefused", NOW_MS + 3)
  assert.deepEqual([back.state, back.finalAtMs, paidAtMs(back)], ["PAID", NOW_MS + 1, NOW_MS + 1])
})

test("money found for a failed order leaves the order's state and its final moment", () => {
  const failed = apply(accepted(), "declined", NOW_MS + 1)
  const found = apply(failed, "surplusFound", NOW_MS + 2)
  assert.deepEqual([found.state, found.finalAtMs, found.version], ["FAILED", NOW_MS + 1, 3])
})

test("a lease is held until its moment and not in it; an order without one is nobody's", () => {
  const order = accepted()
  assert.equal(leaseHeld(order, NOW_MS + LEASE_MS - 1), true)
  assert.equal(leaseHeld(order, NOW_MS + LEASE_MS), false)
  assert.equal(leaseHeld({ ...order, lease: undefined }, NOW_MS), false)
})

test("a lease outlives the function (12 s) and a charge sent in its last moment (7 s)", () => {
  assert.ok(LEASE_MS > 12_000 + 7_000)
})

test("the discount of an order is that of all its legs", () => {
  const order = { ...accepted(), legs: [{ ...LEG, couponFen: 3 }, LEG, { ...LEG, couponFen: 4 }] }
  assert.equal(couponFenOf(order), 7)
})

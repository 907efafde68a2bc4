import assert from "node:assert/strict"
import { test } from "node:test"
import { identityOf, movementOfOrder, movementOfRefund } from "./movement.ts"
import { apply, changeLeg, newOrder, type Order } from "./order.ts"
import { TRANSITIONS } from "./order-states.ts"
import { applyToRefund, newRefund, type Refund, withRefundLease } from "./refund.ts"
import { REFUND_TRANSITIONS } from "./refund-states.ts"

const ZONE = "Asia/Shanghai"
/** 23:59:50 in Shanghai. */
const MADE_MS = Date.UTC(2025, 5, 1, 15, 59, 50)

function paying(): Order {
  const request = {
    merchantId: "M1",
    outRequestNo: "N1",
    code: "92000000000000000009",
    body: "豆浆",
    totalFen: 500,
    storeId: "S1",
  }
  return newOrder(request, "accepted", {
    fingerprint: "f",
    createdAtMs: MADE_MS,
    day: "20250601",
    payType: "CT_WECHAT",
    legs: [
      {
        no: 1,
        channel: "wechat",
        accountId: "A1",
        settingsVersion: 1,
        intent: "agreement",
        amountFen: 500,
        state: "PENDING",
      },
    ],
  })
}

function paid(atMs: number, order = paying()): Order {
  const leg = {
    state: "CHARGED",
    channelTradeNo: "42",
    couponFen: 30,
    channelPaidAtMs: atMs - 5_000,
  } as const
  return apply(order, "charged", atMs, { legs: changeLeg(order, 1, leg) })
}

function refund(): Refund {
  return newRefund({
    refundId: "1".repeat(26),
    merchantId: "M1",
    outRefundNo: "F1",
    tradeNo: "2".repeat(26),
    outRequestNo: "N1",
    storeId: "S1",
    payType: "CT_WECHAT",
    legNo: 1,
    channel: "wechat",
    amountFen: 100,
    totalFen: 500,
    day: "20250601",
    createdAtMs: MADE_MS,
  })
}

test("each transition of an order is a movement exactly where its emissions say so", () => {
  const made: string[] = []
  for (const { from, event, to, emits } of TRANSITIONS) {
    const before = from === "NONE" ? undefined : { ...paying(), state: from }
    const after = { ...paying(), state: to, events: [{ event, atMs: MADE_MS }] }
    const movement = movementOfOrder({ before, after }, ZONE)
    const expected = emits.filter((it) => it.startsWith("movement."))
    assert.deepEqual(
      movement ? [`movement.${movement.kind.toLowerCase()}`] : [],
      expected,
      `${from} ${event}`,
    )
    made.push(...expected)
  }
  assert.deepEqual(made, ["movement.payment", "movement.reversal"])
})

test("each transition of a refund is a movement exactly where its emissions say so", () => {
  const made: string[] = []
  for (const { from, event, to, emits } of REFUND_TRANSITIONS) {
    const before = from === "NONE" ? undefined : { ...refund(), state: from }
    const after = { ...refund(), state: to, events: [{ event, atMs: MADE_MS }] }
    const movement = movementOfRefund({ before, after }, ZONE)
    const expected = emits.includes("movement.refund") ? ["REFUND"] : []
    assert.deepEqual(movement ? [movement.kind] : [], expected, `${from} ${event}`)
    made.push(...expected)
  }
  assert.deepEqual(made, ["REFUND"])
})

test("a payment's movement says what was paid, and belongs to the day of the write that made it final", () => {
  const atMs = MADE_MS + 15_000
  const before = paying()
  const after = paid(atMs, before)
  assert.deepEqual(movementOfOrder({ before, after }, ZONE), {
    kind: "PAYMENT",
    merchantId: "M1",
    storeId: "S1",
    day: "20250602",
    time: "20250602000005",
    atMs,
    payType: "CT_WECHAT",
    channel: "wechat",
    amountFen: 500,
    couponFen: 30,
    feeFen: 0,
    outRequestNo: "N1",
    tradeNo: after.tradeNo,
    channelTradeNo: "42",
    channelTime: "20250602000000",
    channelAtMs: atMs - 5_000,
  })
  assert.equal(movementOfOrder({ before, after }, "America/New_York")?.time, "20250601120005")
})

test("a paid order that is undone moves twice, under two identities; one that never was paid not at all", () => {
  const first = paid(MADE_MS)
  const undoing = apply(first, "undoStarted", MADE_MS + 1_000)
  const undone = apply(undoing, "undone", MADE_MS + 20_000, {
    legs: changeLeg(undoing, 1, { state: "RETURNED" }),
  })
  const payment = movementOfOrder({ before: paying(), after: first }, ZONE)
  const reversal = movementOfOrder({ before: undoing, after: undone }, ZONE)
  assert.ok(payment && reversal)
  assert.deepEqual(
    [reversal.kind, reversal.amountFen, reversal.couponFen, reversal.day, reversal.channelTime],
    ["REVERSAL", 500, 30, "20250602", undefined],
  )
  assert.notEqual(identityOf(payment), identityOf(reversal))
  const reversing = apply(paying(), "reversalStarted", MADE_MS)
  const closed = apply(reversing, "reversed", MADE_MS)
  assert.equal(movementOfOrder({ before: reversing, after: closed }, ZONE), undefined)
})

test("a write that changes no state is no movement, whatever event came last", () => {
  const order = paid(MADE_MS)
  assert.equal(movementOfOrder({ before: order, after: { ...order, version: 9 } }, ZONE), undefined)
  const given = applyToRefund(refund(), "returned", MADE_MS)
  assert.equal(movementOfRefund({ before: given, after: { ...given, version: 9 } }, ZONE), undefined)
  const leased = withRefundLease(refund(), "H", MADE_MS)
  assert.equal(movementOfRefund({ before: refund(), after: leased }, ZONE), undefined)
})

test("a refund's movement carries both numbers, and its own amount", () => {
  const atMs = MADE_MS + 3_600_000
  const change = { channelRefundNo: "50", couponFen: 6, channelReturnedAtMs: atMs }
  const after = applyToRefund(refund(), "returned", atMs, change)
  const movement = movementOfRefund({ before: refund(), after }, ZONE)
  assert.ok(movement)
  assert.deepEqual(
    [movement.kind, movement.amountFen, movement.couponFen, movement.day, movement.channelRefundNo],
    ["REFUND", 100, 6, "20250602", "50"],
  )
  assert.deepEqual([movement.outRefundNo, movement.refundId], ["F1", "1".repeat(26)])
  assert.equal(identityOf(movement), `REFUND#${"1".repeat(26)}`)
})

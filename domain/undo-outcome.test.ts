import assert from "node:assert/strict"
import { test } from "node:test"
import { afterOutcome } from "./charge-outcome.ts"
import { apply, type Leg, newOrder, type Order } from "./order.ts"
import { afterUndo, legsToUndo, undoRefundNoOf } from "./undo-outcome.ts"

const CHARGED = { kind: "charged", channelTradeNo: "4200", couponFen: 0 } as const

function legNo(no: number): Leg {
  return {
    no,
    channel: "wechat",
    accountId: "A1",
    settingsVersion: 1,
    intent: "code",
    amountFen: 250,
    state: "PENDING",
  }
}

function reversing(legs: readonly Leg[] = [legNo(1)]): Order {
  const request = {
    merchantId: "M1",
    outRequestNo: "N1",
    code: "c",
    body: "b",
    totalFen: 250 * legs.length,
    storeId: "S1",
  }
  const order = newOrder(request, "accepted", { fingerprint: "F", createdAtMs: 0, day: "19700101", legs })
  return apply(order, "reversalStarted", 1)
}

function undoing(): Order {
  const paying = { ...reversing(), state: "PAYING" } as const
  const paid = afterOutcome(paying, 1, CHARGED, 2)
  assert.ok(paid)
  return apply(paid, "undoStarted", 3)
}

test("an order is closed once nothing of it can hold money any more", () => {
  const order = reversing([legNo(1), legNo(2)])
  const half = afterUndo(order, 1, { kind: "void" }, 5)
  assert.ok(half)
  assert.deepEqual([half.state, half.version], ["REVERSING", order.version + 1])
  const whole = afterUndo(half, 2, { kind: "returned" }, 6)
  assert.ok(whole)
  assert.deepEqual([whole.state, whole.finalAtMs], ["CLOSED", 6])
  assert.deepEqual(legsToUndo(whole), [])
})

test("only what is being undone can be refused, and it stays paid, on the day it was paid", () => {
  const refusal = { kind: "refused", channelCode: "X" } as const
  const order = undoing()
  const back = afterUndo(order, 1, refusal, 9)
  assert.deepEqual([back?.state, back?.finalAtMs, back?.legs[0]?.state], ["PAID", 2, "CHARGED"])
  assert.equal(afterUndo(reversing(), 1, refusal, 9), undefined)
})

test("surplus that went back leaves the order as it ended", () => {
  const closed = afterUndo(reversing(), 1, { kind: "void" }, 5)
  const surplus = closed && afterOutcome(closed, 1, CHARGED, 6)
  assert.ok(surplus)
  assert.equal(legsToUndo(surplus).length, 1)
  const returned = afterUndo(surplus, 1, { kind: "returned" }, 7)
  assert.deepEqual([returned?.state, returned?.events.at(-1)?.event], ["CLOSED", "surplusReturned"])
})

test("the same outcome heard again is no news", () => {
  const closed = afterUndo(undoing(), 1, { kind: "returned" }, 5)
  assert.ok(closed)
  assert.equal(afterUndo(closed, 1, { kind: "returned" }, 6), undefined)
  assert.equal(afterOutcome(closed, 1, CHARGED, 6), undefined)
})

test("a leg goes back under one number, or the next where that ended, within every channel's limit", () => {
  assert.equal(undoRefundNoOf(`${"1".repeat(26)}01`), `${"1".repeat(26)}01U`)
  assert.equal(undoRefundNoOf(`${"1".repeat(26)}01`, 2), `${"1".repeat(26)}01U2`)
})

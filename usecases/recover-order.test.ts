import assert from "node:assert/strict"
import { test } from "node:test"
import { afterOutcome } from "../domain/charge-outcome.ts"
import { apply, closedNumber, LEASE_MS, newOrder, type Order } from "../domain/order.ts"
import { afterUndo } from "../domain/undo-outcome.ts"
import { memoryPolls, type SentPoll } from "../test/simulation/memory-polls.ts"
import { payRequest, WECHAT_CODE } from "../test/simulation/small-shop.ts"
import { lastChanges, recoverOrder } from "./recover-order.ts"

const MADE_MS = Date.UTC(2025, 5, 1, 4)
const PLAN_MS = [5_000, 10_000, 30_000]
const CHARGED = { kind: "charged", channelTradeNo: "4200", couponFen: 0 } as const

function payingOrder(): Order {
  return newOrder(payRequest(WECHAT_CODE), "accepted", {
    fingerprint: "F",
    createdAtMs: MADE_MS,
    day: "20250601",
    legs: [
      {
        no: 1,
        channel: "wechat",
        accountId: "A1",
        settingsVersion: 1,
        intent: "code",
        amountFen: 500,
        state: "PENDING",
      },
    ],
    lease: { holder: "T1", untilMs: MADE_MS + LEASE_MS },
  })
}

async function sentFor(after: Order | undefined, nowMs: number): Promise<SentPoll[]> {
  assert.ok(after)
  const sent: SentPoll[] = []
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: async () => {} }
  const ports = {
    clock,
    polls: memoryPolls(sent),
    queryPlanMs: () => PLAN_MS,
    settings: { lateAskMs: 600_000 },
  }
  await recoverOrder(ports, { after })
  return sent
}

function reversingOrder(): Order {
  return apply(payingOrder(), "reversalStarted", MADE_MS + 1)
}

function closedOrder(): Order {
  const closed = afterUndo(reversingOrder(), 1, { kind: "void" }, MADE_MS + 2)
  assert.ok(closed)
  return closed
}

test("a paying order gets a question for when its owner must have finished, where its plan is by then", async () => {
  const order = payingOrder()
  const [sent] = await sentFor(order, MADE_MS + 1_000)
  assert.deepEqual(sent, {
    channel: "wechat",
    message: { tradeNo: order.tradeNo, legNo: 1, step: 2 },
    delayMs: LEASE_MS - 1_000 + 1_000,
  })
})

test("a change that is delivered long after its lease is looked at in a moment", async () => {
  const [sent] = await sentFor(payingOrder(), MADE_MS + 600_000)
  assert.equal(sent?.delayMs, 1_000)
  assert.equal(sent?.message.step, PLAN_MS.length - 1)
})

test("what is being undone, and surplus, gets one too", async () => {
  const undoing = apply(
    afterOutcome(payingOrder(), 1, CHARGED, MADE_MS) ?? payingOrder(),
    "undoStarted",
    MADE_MS + 1,
  )
  const surplus = afterOutcome(closedOrder(), 1, CHARGED, MADE_MS + 3)
  for (const order of [reversingOrder(), undoing, surplus]) {
    assert.equal((await sentFor(order, MADE_MS + 60_000)).length, 1)
  }
})

test("a reversed order is asked about once more, ten minutes later", async () => {
  const order = closedOrder()
  assert.deepEqual(await sentFor(order, MADE_MS + 60_000), [
    {
      channel: "wechat",
      message: { tradeNo: order.tradeNo, legNo: 1, step: PLAN_MS.length },
      delayMs: 600_000,
    },
  ])
})

test("what is final, retracted or never had a leg needs nothing", async () => {
  const paid = afterOutcome(payingOrder(), 1, CHARGED, MADE_MS)
  const declined = { kind: "declined", code: "BALANCE_INSUFFICIENT", channelCode: "X" } as const
  const failed = afterOutcome(payingOrder(), 1, declined, MADE_MS)
  const retracted = apply(payingOrder(), "retracted", MADE_MS)
  const closed = closedNumber(payingOrder(), { createdAtMs: MADE_MS, day: "20250601" })
  for (const order of [paid, failed, retracted, closed]) {
    assert.deepEqual(await sentFor(order, MADE_MS + 60_000), [])
  }
})

test("of a batch the last change of each order counts", () => {
  const first = payingOrder()
  const paid = afterOutcome(first, 1, CHARGED, MADE_MS)
  assert.ok(paid)
  const other = { ...first, tradeNo: "9".repeat(26) }
  const changes = [{ after: first }, { after: other }, { before: first, after: paid }]
  assert.deepEqual(
    lastChanges(changes).map(({ after }) => [after.tradeNo, after.state]),
    [
      [first.tradeNo, "PAID"],
      [other.tradeNo, "PAYING"],
    ],
  )
})

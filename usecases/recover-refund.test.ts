import assert from "node:assert/strict"
import { test } from "node:test"
import { LEASE_MS } from "../domain/order.ts"
import { applyToRefund, type Refund, withoutRefundLease, withRefundLease } from "../domain/refund.ts"
import { NOON_MS, sampleRefund } from "../test/conformance/samples.ts"
import { memoryPolls, type SentPoll } from "../test/simulation/memory-polls.ts"
import { type RefundChange, recoverRefund } from "./recover-refund.ts"

async function sentFor(change: RefundChange, nowMs = NOON_MS): Promise<SentPoll[]> {
  const sent: SentPoll[] = []
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: async () => {} }
  await recoverRefund({ clock, polls: memoryPolls(sent) }, change)
  return sent
}

function ended(refund: Refund, event: "returned" | "refused"): Refund {
  return applyToRefund(refund, event, NOON_MS + 1, { lease: undefined })
}

function sentAgain(failed: Refund): Refund {
  const lease = { holder: "H2", untilMs: NOON_MS + LEASE_MS }
  return applyToRefund(failed, "sentAgain", NOON_MS + 2, { generation: 2, lease })
}

test("a refund that was just put gets a message for when its owner must have finished", async () => {
  const after = sampleRefund()
  assert.deepEqual(await sentFor({ after }, NOON_MS + 1_000), [
    {
      channel: "wechat",
      message: { refundId: after.refundId, step: 0 },
      delayMs: LEASE_MS - 1_000 + 1_000,
    },
  ])
})

test("a change that is delivered long after its lease is looked at in a moment", async () => {
  const [sent] = await sentFor({ after: sampleRefund() }, NOON_MS + 600_000)
  assert.equal(sent?.delayMs, 1_000)
})

test("a lease that was taken or let go begins no second series", async () => {
  const before = sampleRefund()
  const taken = withRefundLease(before, "H2", NOON_MS + 30_000)
  assert.deepEqual(await sentFor({ before, after: taken }), [])
  assert.deepEqual(await sentFor({ before: taken, after: withoutRefundLease(taken) }), [])
})

test("a number that is taken over, and a refund that is sent again, are gone on with", async () => {
  const first = sampleRefund()
  const retracted = applyToRefund(first, "retracted", NOON_MS, { lease: undefined })
  const again = { ...sampleRefund(), events: [...retracted.events, ...first.events], version: 3 }
  assert.equal((await sentFor({ before: retracted, after: again })).length, 1)
  const failed = ended(first, "refused")
  assert.equal((await sentFor({ before: failed, after: sentAgain(failed) })).length, 1)
})

test("one that failed is looked at once more: its amount may still be held", async () => {
  const before = sampleRefund()
  assert.equal((await sentFor({ before, after: ended(before, "refused") })).length, 1)
})

test("one that succeeded after it had failed is looked at once more: it may still stand on the desk", async () => {
  const failed = ended(sampleRefund(), "refused")
  const done = ended(sentAgain(failed), "returned")
  assert.equal((await sentFor({ before: failed, after: done })).length, 1)
})

test("what succeeded at once or was retracted needs nobody", async () => {
  const before = sampleRefund()
  assert.deepEqual(await sentFor({ before, after: ended(before, "returned") }), [])
  assert.deepEqual(await sentFor({ after: applyToRefund(before, "retracted", NOON_MS) }), [])
})

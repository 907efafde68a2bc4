import assert from "node:assert/strict"
import { test } from "node:test"
import { failedRefund, unknownRefund } from "../test/simulation/refunded-order.ts"
import { checkRefundsOnDesk } from "./check-refunds.ts"
import { pollRefund } from "./poll-refund.ts"

const VISIBLE_MS = 600_000

type Shop = Awaited<ReturnType<typeof unknownRefund>>["shop"]

async function checkAndPoll({ ports, polls, time }: Shop): Promise<number> {
  const sent = await checkRefundsOnDesk({ ...ports, onFault: assert.fail })
  for (const { message } of polls.splice(0)) {
    assert.ok("refundId" in message)
    await Promise.all([pollRefund(ports, message, time.monotonicMs() + 10_000), time.run()])
  }
  return sent
}

test("a refund that everybody forgot is gone on with, and leaves the desk when it has ended", async () => {
  const { shop, step, stored, desk } = await unknownRefund()
  await shop.wait(VISIBLE_MS)
  await step()
  assert.equal((await desk()).length, 1)
  shop.channel.onRefund = async () => ({ kind: "returned" })
  assert.equal(await checkAndPoll(shop), 1)
  assert.equal(stored()?.state, "SUCCEEDED")
  assert.deepEqual(await desk(), [])
})

test("an entry that came after the end goes, one that waits for a person stays", async () => {
  const { shop, desk, tradeNo, refundIdFor } = await failedRefund()
  await shop.wait(VISIBLE_MS)
  const late = { tradeNo, refundId: refundIdFor(), merchantId: "M1", lastTried: "time-out" }
  await shop.stores.exceptions.note({ ...late, kind: "refund not final" }, shop.time.nowMs() - 1)
  assert.equal(await checkAndPoll(shop), 1)
  assert.deepEqual(await desk(), [["refund refused", "NOT_ENOUGH"]])
})

test("one that cannot be read does not keep the others from being gone on with", async () => {
  const { shop, tradeNo, refundIdFor } = await failedRefund()
  const other = { tradeNo, refundId: "1".repeat(26), merchantId: "M1", lastTried: "" }
  await shop.stores.exceptions.note({ ...other, kind: "refund refused" }, 1)
  const refunds = {
    ...shop.ports.refunds,
    read: (refundId: string) =>
      refundId === other.refundId ? Promise.reject(new Error("torn")) : shop.ports.refunds.read(refundId),
  }
  const faults: string[] = []
  const sent = await checkRefundsOnDesk({ ...shop.ports, refunds, onFault: (it) => void faults.push(it) })
  assert.deepEqual([sent, faults], [1, [other.refundId]])
  assert.deepEqual(shop.polls.at(-1)?.message, { refundId: refundIdFor(), step: 0 })
})

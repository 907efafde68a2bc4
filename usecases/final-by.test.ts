import assert from "node:assert/strict"
import { test } from "node:test"
import { LEASE_MS } from "../domain/order.ts"
import { openShop, payRequest, WECHAT_CODE } from "../test/simulation/small-shop.ts"
import { finalByMs } from "./final-by.ts"

test("a paying order is promised to be settled after lease or plan, whichever is longer, and the undoing", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "unknown", cause: "time-out" })
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  const { order } = result
  const withPlan = (queryPlanMs: number[]) => ({
    wechat: { ...shop.channel, capabilities: { ...shop.channel.capabilities, queryPlanMs } },
  })
  assert.equal(finalByMs(order, withPlan([5_000])) - order.createdAtMs, LEASE_MS + 120_000)
  assert.equal(finalByMs(order, withPlan([30_000, 30_000])) - order.createdAtMs, 60_000 + 120_000)
  assert.equal(finalByMs(order, {}) - order.createdAtMs, LEASE_MS + 120_000)
})

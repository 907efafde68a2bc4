import assert from "node:assert/strict"
import { test } from "node:test"
import { channelBreaker } from "./channel-breaker.ts"
import type { ChannelHealth } from "./ports.ts"

const account = { merchantId: "M1", channel: "wechat", accountId: "A1", settingsVersion: 1 } as const

function sharedCounts() {
  const total: ChannelHealth = { calls: 0, unanswered: 0 }
  const report = async (_account: unknown, _windowMs: number, seen: ChannelHealth) => {
    total.calls += seen.calls
    total.unanswered += seen.unanswered
  }
  return { total, breaker: channelBreaker({ report }) }
}

test("twenty calls of which half met silence open the breaker until the window ends", async () => {
  const { total, breaker } = sharedCounts()
  for (let i = 0; i < 10; i++) {
    assert.equal(breaker.learn(account, total, 31_000), false)
    await breaker.note(account, true, 31_000)
    await breaker.note(account, false, 31_000)
  }
  assert.deepEqual(total, { calls: 20, unanswered: 10 })
  assert.equal(breaker.learn(account, total, 40_000), true)
  assert.equal(breaker.openForSeconds(account, 40_000), 20)
  assert.equal(breaker.openForSeconds({ ...account, accountId: "A2" }, 40_000), undefined)
  assert.equal(breaker.openForSeconds(account, 60_000), undefined)
})

test("answered calls of an hour ago say nothing about now", async () => {
  const { total, breaker } = sharedCounts()
  for (let i = 0; i < 500; i++) await breaker.note(account, true, 0)
  assert.deepEqual(total, { calls: 0, unanswered: 0 }, "and cost nothing while nothing is amiss")
  for (let i = 0; i < 20; i++) await breaker.note(account, false, 3_600_000)
  assert.equal(breaker.learn(account, total, 3_600_000), true)
})

test("once there is silence, functions that only meet answers report them too", async () => {
  const { total, breaker } = sharedCounts()
  breaker.learn(account, { calls: 1, unanswered: 1 }, 0)
  await breaker.note(account, true, 0)
  assert.deepEqual(total, { calls: 1, unanswered: 0 })
})

test("few calls, or mostly answered ones, leave it closed", () => {
  const { breaker } = sharedCounts()
  assert.equal(breaker.learn(account, { calls: 19, unanswered: 19 }, 0), false)
  assert.equal(breaker.learn(account, { calls: 100, unanswered: 49 }, 0), false)
  assert.equal(breaker.openForSeconds(account, 0), undefined)
})

test("counts that cannot be shared do not fail a payment", async () => {
  const breaker = channelBreaker({ report: () => Promise.reject(new Error("down")) })
  await breaker.note(account, false, 0)
})

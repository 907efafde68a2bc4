import assert from "node:assert/strict"
import { test } from "node:test"
import {
  ATTEMPT_LEASE_MS,
  beginAttempt,
  newNotification,
  notReceived,
  REPEAT_PLAN_MS,
  received,
  sentAgain,
} from "./notification.ts"

const fresh = newNotification({
  tradeNo: "12345678901234567890123456",
  sequence: 1_000,
  eventId: "event",
  type: "payment.succeeded",
  merchantId: "M1",
  url: "https://shop.example/told",
  data: "{}",
  createdAtMs: 1_000,
})

test("the plan is the contract's", () => {
  const minutes = REPEAT_PLAN_MS.map((ms) => ms / 60_000)
  assert.deepEqual(minutes, [0.25, 0.25, 0.5, 3, 10, 20, 30, 60, 120, 180, 180, 360, 360])
})

test("an attempt that nobody receives is followed by the next one, as long as the plan has a wait", () => {
  let notification = fresh
  let nowMs = 1_000
  const begunAtMs: number[] = []
  while (notification.state === "WAITING") {
    nowMs = Math.max(nowMs, notification.dueMs)
    begunAtMs.push(nowMs)
    notification = notReceived(
      beginAttempt(notification, "A", nowMs, REPEAT_PLAN_MS),
      "status 500",
      nowMs,
      REPEAT_PLAN_MS,
    )
  }
  assert.equal(notification.state, "UNDELIVERED")
  assert.equal(notification.lastOutcome, "status 500")
  const waits = begunAtMs.slice(1).map((atMs, index) => atMs - (begunAtMs[index] ?? 0))
  assert.deepEqual(waits, REPEAT_PLAN_MS)
})

test("attempts whose ends nobody tells use up the plan as well", () => {
  let notification = fresh
  for (let attempt = 1; attempt <= REPEAT_PLAN_MS.length + 1; attempt++) {
    notification = beginAttempt(notification, `A${attempt}`, notification.dueMs, REPEAT_PLAN_MS)
    assert.equal(notification.attempts, attempt)
    assert.equal(notification.dueMs - (notification.lastAttemptAtMs ?? 0), ATTEMPT_LEASE_MS)
  }
  assert.equal(beginAttempt(notification, "A", notification.dueMs, REPEAT_PLAN_MS).state, "UNDELIVERED")
})

test("each change is a version, and who has it sent again begins anew under the same id", () => {
  const begun = beginAttempt(fresh, "A", 1_000, REPEAT_PLAN_MS)
  const done = received(begun, "status 200")
  const again = sentAgain(done, 9_000)
  assert.deepEqual(
    [fresh, begun, done, again].map(({ version }) => version),
    [1, 2, 3, 4],
  )
  assert.deepEqual([done.state, done.holder], ["DELIVERED", undefined])
  assert.deepEqual([again.state, again.attempts, again.dueMs, again.eventId], ["WAITING", 0, 9_000, "event"])
})

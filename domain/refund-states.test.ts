import assert from "node:assert/strict"
import { test } from "node:test"
import {
  isRefundFinal,
  nextRefundState,
  PUBLIC_REFUND_STATUS,
  REFUND_EVENTS,
  REFUND_STATES,
  REFUND_TRANSITIONS,
  refundTransitionOf,
} from "./refund-states.ts"

const FROM = ["NONE", ...REFUND_STATES] as const

test("every state of a refund and event is either in the table or a fault", () => {
  let ways = 0
  for (const from of FROM) {
    for (const event of REFUND_EVENTS) {
      const way = refundTransitionOf(from, event)
      if (way) {
        assert.equal(nextRefundState(from, event), way.to)
        ways += 1
      } else {
        assert.throws(() => nextRefundState(from, event), new RegExp(`no way from ${from} by ${event}`))
      }
    }
  }
  assert.equal(ways, REFUND_TRANSITIONS.length, "a state and event stand in the table twice")
})

test("a refund that succeeded has no way out", () => {
  assert.deepEqual(
    REFUND_TRANSITIONS.filter(({ from }) => from === "SUCCEEDED"),
    [],
  )
})

test("a refund that failed goes on only where a person sends it again", () => {
  const left = REFUND_TRANSITIONS.filter(({ from }) => from === "FAILED")
  assert.deepEqual(
    left.map(({ event, to }) => [event, to]),
    [["sentAgain", "PROCESSING"]],
  )
})

test("SUCCEEDED and FAILED are final, and nothing else is", () => {
  assert.deepEqual(REFUND_STATES.filter(isRefundFinal), ["SUCCEEDED", "FAILED"])
})

test("money moves once: only one way makes the movement", () => {
  const moving = REFUND_TRANSITIONS.filter(({ emits }) => emits.includes("movement.refund"))
  assert.deepEqual(
    moving.map(({ from, event, to }) => [from, event, to]),
    [["PROCESSING", "returned", "SUCCEEDED"]],
  )
})

test("whoever is told that a refund failed finds it on the exceptions desk", () => {
  const failed = REFUND_TRANSITIONS.filter(({ to }) => to === "FAILED")
  assert.ok(failed.length > 0)
  for (const { emits } of failed) assert.deepEqual(emits, ["notify.refundFailed", "exception"])
})

test("merchants know every state but the retracted one", () => {
  const { RETRACTED: _unseen, ...seen } = Object.fromEntries(REFUND_STATES.map((it) => [it, true]))
  assert.deepEqual(Object.keys(PUBLIC_REFUND_STATUS).sort(), Object.keys(seen).sort())
})

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  isFinal,
  nextState,
  ORDER_EVENTS,
  ORDER_STATES,
  PUBLIC_STATUS,
  TRANSITIONS,
  transitionOf,
} from "./order-states.ts"

const FROM = ["NONE", ...ORDER_STATES] as const

test("every state and event is either in the table or a fault", () => {
  let ways = 0
  for (const from of FROM) {
    for (const event of ORDER_EVENTS) {
      const way = transitionOf(from, event)
      if (way) {
        assert.equal(nextState(from, event), way.to)
        ways += 1
      } else {
        assert.throws(() => nextState(from, event), new RegExp(`no way from ${from} by ${event}`))
      }
    }
  }
  assert.equal(ways, TRANSITIONS.length, "a state and event stand in the table twice")
})

test("final states have no way out but the named undo of a paid order", () => {
  const left = TRANSITIONS.filter(({ from, to }) => from !== "NONE" && isFinal(from) && to !== from)
  assert.deepEqual(
    left.map(({ from, event, to }) => [from, event, to]),
    [["PAID", "undoStarted", "UNDOING"]],
  )
})

test("PAID, FAILED and CLOSED are final, and nothing else is", () => {
  assert.deepEqual(ORDER_STATES.filter(isFinal), ["PAID", "FAILED", "CLOSED"])
})

test("every state can be reached, and from every state that is not final a final one", () => {
  assert.deepEqual([...reachable("NONE")].sort(), [...ORDER_STATES].sort())
  for (const state of ORDER_STATES) {
    if (!isFinal(state)) assert.ok([...reachable(state)].some(isFinal), `${state} ends nowhere`)
  }
})

test("every event is of some use", () => {
  const used = new Set(TRANSITIONS.map((it) => it.event))
  assert.deepEqual(
    ORDER_EVENTS.filter((event) => !used.has(event)),
    [],
  )
})

test("money taken or given back always makes a movement", () => {
  const emits = (event: string) => TRANSITIONS.filter((it) => it.event === event).map((it) => it.emits)
  for (const emitted of emits("charged")) assert.ok(emitted.includes("movement.payment"))
  for (const emitted of emits("undone")) assert.ok(emitted.includes("movement.reversal"))
  const moving = TRANSITIONS.filter((it) => it.emits.some((emitted) => emitted.startsWith("movement.")))
  assert.deepEqual(
    moving.map((it) => it.event),
    ["charged", "undone"],
  )
})

test("every state is called what the contract calls it", () => {
  assert.deepEqual(PUBLIC_STATUS, {
    PAYING: { applypay: "PS_PAYING", orderquery: "PS_PAYING" },
    REVERSING: { applypay: "PS_PAYING", orderquery: "PS_PAYING" },
    PAID: { applypay: "PS_SUCCESS", orderquery: "PS_SUCCESS" },
    UNDOING: { applypay: "PS_SUCCESS", orderquery: "PS_SUCCESS" },
    FAILED: { applypay: "PS_FAILED", orderquery: "PS_FAILED" },
    CLOSED: { applypay: "PS_FAILED", orderquery: "PS_CLOSED" },
  })
  for (const state of ORDER_STATES) assert.equal(state in PUBLIC_STATUS, state !== "RETRACTED")
})

function reachable(start: (typeof FROM)[number]): Set<(typeof ORDER_STATES)[number]> {
  const found = new Set<(typeof ORDER_STATES)[number]>()
  const open: (typeof FROM)[number][] = [start]
  for (let state = open.pop(); state; state = open.pop()) {
    for (const { from, to } of TRANSITIONS) {
      if (from !== state || found.has(to)) continue
      found.add(to)
      open.push(to)
    }
  }
  return found
}

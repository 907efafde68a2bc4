import assert from "node:assert/strict"
import { test } from "node:test"
import { heard, isMember, left, type Membership, opened, tellingOf, vipStatusIn } from "./membership.ts"

const WHO = { uid: "U1", merchantId: "M1" }
const DAY_MS = 86_400_000
const open = (before: Membership | undefined, nowMs: number) => opened(WHO, before, nowMs, DAY_MS)

test("the first opening waits for the merchant's word", () => {
  const first = open(undefined, 1_000)
  assert.deepEqual(
    [first.version, first.vipStatus, tellingOf(first, 1_000, DAY_MS)],
    [1, "UNACTIVE", "PENDING"],
  )
  const active = heard(first, "ACTIVE")
  assert.deepEqual(
    [active.version, active.vipStatus, tellingOf(active, 1_000, DAY_MS)],
    [1, "ACTIVE", "DONE"],
  )
})

test("opening again asks only where the merchant did not say ACTIVE, and not within a minute", () => {
  const first = open(undefined, 1_000)
  assert.equal(open(first, 2_000), first)
  const active = heard(first, "ACTIVE")
  assert.equal(open(active, DAY_MS), active)
  const not = heard(first, undefined)
  assert.equal(not.vipStatus, "UNACTIVE")
  assert.equal(open(not, 60_999), not)
  assert.equal(open(not, 61_000).version, 2)
})

test("what was given up is begun anew by whoever asks for it", () => {
  const first = open(undefined, 1_000)
  assert.equal(tellingOf(first, 1_000 + DAY_MS, DAY_MS), "PENDING")
  assert.equal(tellingOf(first, 1_001 + DAY_MS, DAY_MS), "FAILED")
  assert.equal(open(first, 1_001 + DAY_MS).version, 2)
  const gone = left(first, 2_000, DAY_MS)
  assert.equal(left(gone, 3_000, DAY_MS), gone)
  assert.equal(left(gone, 2_001 + DAY_MS, DAY_MS).version, 3)
})

test("who left is no member, whatever the merchant says of it", () => {
  const gone = left(heard(open(undefined, 1_000), "ACTIVE"), 2_000, DAY_MS)
  assert.equal(isMember(gone), false)
  assert.deepEqual(heard(gone, "ACTIVE"), { ...gone, told: true })
  assert.equal(left(heard(gone, "ACTIVE"), DAY_MS * 3, DAY_MS).version, 2)
})

test("wishes of one moment, or of clocks that differ, stay in their order", () => {
  const first = open(undefined, 5_000)
  const gone = left(first, 4_000, DAY_MS)
  assert.deepEqual([gone.changedAtMs, gone.previousAtMs], [5_001, 5_000])
})

test("the merchant's word stands in its object or in its data, and everything else is none", () => {
  assert.equal(vipStatusIn('{"vip_status":"ACTIVE"}'), "ACTIVE")
  assert.equal(vipStatusIn('{"code":"SUCCESS","data":{"vip_status":"UNACTIVE"}}'), "UNACTIVE")
  for (const answer of [
    "",
    "ok",
    "null",
    "[]",
    '"ACTIVE"',
    '{"vip_status":"active"}',
    '{"data":null}',
    "{",
  ]) {
    assert.equal(vipStatusIn(answer), undefined, answer)
  }
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { movementStore } from "../persistence/movement-store.ts"
import { memoryObjects } from "../test/bills/memory-objects.ts"
import { DAY, NOON_MS, samplePayment } from "../test/bills/sample-movements.ts"
import { writeMovements } from "./write-movements.ts"

const HOUR_MS = 3_600_000
const zone = "Asia/Shanghai"

function setUp(nowMs: number) {
  const objects = memoryObjects()
  const ports = {
    clock: { nowMs: () => nowMs },
    timeZoneOf: async () => zone,
    movements: movementStore(objects),
  }
  const write = (...movements: ReturnType<typeof samplePayment>[]) =>
    writeMovements(
      ports,
      movements.map((movement) => ({ movement, timeZone: zone })),
    )
  return { write, keys: () => [...objects.kept.keys()], objects }
}

test("a batch is one object for each bill that it goes to", async () => {
  const { write, keys } = setUp(NOON_MS + 13 * HOUR_MS)
  const yesterday = samplePayment(1)
  const today = samplePayment(2, { atMs: NOON_MS + 12 * HOUR_MS + 1 })
  assert.deepEqual([yesterday.day, today.day], [DAY, "20260201"])
  await write(yesterday, today, samplePayment(3))
  // One in the morning: yesterday has closed.
  assert.deepEqual(
    keys().map((key) => key.split("/").slice(0, 2).join("/")),
    ["movements/20260201"],
  )
})

test("until half past midnight yesterday is still open", async () => {
  const { write, keys } = setUp(NOON_MS + 12 * HOUR_MS + 29 * 60_000)
  await write(samplePayment(1), samplePayment(2, { atMs: NOON_MS + 12 * HOUR_MS }))
  assert.deepEqual(
    keys()
      .map((key) => key.split("/")[1])
      .sort(),
    [DAY, "20260201"],
  )
})

test("a batch that is delivered again overwrites itself", async () => {
  const { write, keys } = setUp(NOON_MS)
  await write(samplePayment(1), samplePayment(2))
  await write(samplePayment(1), samplePayment(2))
  assert.equal(keys().length, 1)
})

test("a batch that cannot be kept fails", async () => {
  const { write, objects } = setUp(NOON_MS)
  objects.beforePut = () => {
    throw new Error("no store")
  }
  await assert.rejects(write(samplePayment(1)), /no store/)
})

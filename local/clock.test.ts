import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { openClock } from "./clock.ts"
import { StartFault } from "./start-fault.ts"

const dir = mkdtempSync(join(tmpdir(), "clock-"))
after(() => rmSync(dir, { recursive: true }))

const near = (one: number, other: number) =>
  assert.ok(Math.abs(one - other) < 5_000, `${one} is not near ${other}`)

test("is the machine's clock until it is moved, and keeps its lead across restarts", () => {
  const file = join(dir, "kept.json")
  const clock = openClock(file)
  near(clock.nowMs(), Date.now())
  near(clock.advance(86_400_000), Date.now() + 86_400_000)
  clock.advance(1_000)
  assert.equal(openClock(file).offsetMs(), 86_401_000)
})

test("never goes back, and not where a Date cannot follow", () => {
  const clock = openClock(join(dir, "forward.json"))
  for (const ms of [-1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER])
    assert.throws(() => clock.advance(ms), RangeError)
  assert.equal(clock.offsetMs(), 0)
})

test("a move is followed when every follower has it", async () => {
  const clock = openClock(join(dir, "followed.json"))
  const told: number[] = []
  const stop = clock.follow(async (offsetMs) => {
    await new Promise(setImmediate)
    told.push(offsetMs)
  })
  clock.advance(5)
  clock.advance(7)
  await clock.followed()
  assert.deepEqual(told, [5, 12])
  stop()
  clock.advance(1)
  await clock.followed()
  assert.deepEqual(told, [5, 12])
})

test("a damaged file stops the start instead of turning time back", () => {
  const file = join(dir, "damaged.json")
  for (const text of ["", "{}", '{"offsetMs":-5}', '{"offsetMs":"1"}']) {
    writeFileSync(file, text)
    assert.throws(() => openClock(file), StartFault)
  }
})

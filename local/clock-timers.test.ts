import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { openClock } from "./clock.ts"
import { clockTimers } from "./clock-timers.ts"

const dir = mkdtempSync(join(tmpdir(), "clock-timers-"))
const clock = openClock(join(dir, "clock.json"))
const timers = clockTimers(clock)
const never = new AbortController().signal
const HOUR_MS = 3_600_000
after(() => {
  timers.close()
  rmSync(dir, { recursive: true })
})

test("a wait ends by itself, and not before its time", async () => {
  const startedMs = clock.nowMs()
  await timers.sleep(30, never)
  assert.ok(clock.nowMs() >= startedMs + 30)
})

test("a clock that is moved past waits ends them at once, the earliest first, and no others", async () => {
  const ended: string[] = []
  for (const hours of [20, 2, 1]) timers.after(hours * HOUR_MS, () => ended.push(`${hours} h`))
  clock.advance(3 * HOUR_MS)
  assert.deepEqual(ended, ["1 h", "2 h"])
  clock.advance(400 * 24 * HOUR_MS)
  assert.deepEqual(ended, ["1 h", "2 h", "20 h"])
})

test("a time that has come already is never acted on within the call itself", async () => {
  let acted = false
  const done = new Promise<void>((resolve) => {
    timers.at(0, () => {
      acted = true
      resolve()
    })
  })
  assert.equal(acted, false)
  await done
})

test("an aborted sleep rejects with the reason, and what is called off is not called", async () => {
  const stopping = new AbortController()
  const sleeping = timers.sleep(HOUR_MS, stopping.signal)
  const callOff = timers.after(HOUR_MS, () => assert.fail("called"))
  callOff()
  stopping.abort(new Error("stopped"))
  await assert.rejects(sleeping, /stopped/)
  await assert.rejects(timers.sleep(1, stopping.signal), /stopped/)
  clock.advance(2 * HOUR_MS)
})

test("a wait that an earlier one calls off when the clock moves stays off", () => {
  let callOff = () => {}
  timers.after(HOUR_MS, () => callOff())
  callOff = timers.after(2 * HOUR_MS, () => assert.fail("called"))
  clock.advance(HOUR_MS)
  clock.advance(2 * HOUR_MS)
})

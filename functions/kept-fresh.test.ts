import assert from "node:assert/strict"
import { test } from "node:test"
import { keptFresh } from "./kept-fresh.ts"

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What is loaded are numbers in turn; each load ends when the test says so, unless it is left to itself. */
function setUp() {
  let atMs = 1_000_000
  let loads = 0
  const faults: unknown[] = []
  const held: { gate?: Promise<void>; fails?: boolean } = {}
  const kept = keptFresh(
    async () => {
      const load = ++loads
      await held.gate
      if (held.fails) throw new Error(`load ${load}`)
      return load
    },
    { nowMs: () => atMs, onFault: (fault) => faults.push(fault) },
  )
  return {
    kept,
    held,
    faults,
    loads: () => loads,
    pass: (ms: number) => {
      atMs += ms
    },
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  }
}

test("it is loaded once for all who ask at the beginning, and once more after five minutes", async () => {
  const { kept, loads, pass, settled } = setUp()
  assert.deepEqual(await Promise.all([kept.get(), kept.get(), kept.get()]), [1, 1, 1])
  pass(5 * MINUTE_MS - 1)
  assert.equal(await kept.get(), 1)
  assert.equal(loads(), 1)
  pass(1)
  assert.equal(await kept.get(), 1, "nobody waits for the new look")
  await settled()
  assert.equal(await kept.get(), 2)
  assert.equal(loads(), 2)
})

test("a look that hangs keeps nobody waiting, and there is only one", async () => {
  const { kept, held, loads, pass, settled } = setUp()
  await kept.get()
  const hanging = Promise.withResolvers<void>()
  held.gate = hanging.promise
  pass(6 * MINUTE_MS)
  for (let call = 0; call < 5; call++) {
    assert.equal(await kept.get(), 1)
    pass(MINUTE_MS)
  }
  assert.equal(loads(), 2)
  hanging.resolve()
  await settled()
  assert.equal(await kept.get(), 2)
})

test("a look that fails harms no call, is told, and is made again after half a minute", async () => {
  const { kept, held, faults, loads, pass, settled } = setUp()
  await kept.get()
  held.fails = true
  pass(5 * MINUTE_MS)
  assert.equal(await kept.get(), 1)
  await settled()
  assert.equal(faults.length, 1)
  pass(30_000 - 1)
  assert.equal(await kept.get(), 1)
  assert.equal(loads(), 2, "not at once: what is down must not be asked by every payment")
  pass(1)
  held.fails = false
  assert.equal(await kept.get(), 1)
  await settled()
  assert.equal(await kept.get(), 3)
  assert.equal(faults.length, 1)
})

test("the first load fails its caller, and the next call tries again", async () => {
  const { kept, held } = setUp()
  held.fails = true
  await assert.rejects(kept.get(), /load 1/)
  held.fails = false
  assert.equal(await kept.get(), 2)
})

test("after a day asleep it waits for a new look, and goes on with the old where that fails", async () => {
  const { kept, held, faults, pass } = setUp()
  await kept.get()
  pass(24 * HOUR_MS)
  assert.equal(await kept.get(), 2)
  pass(24 * HOUR_MS)
  held.fails = true
  assert.equal(await kept.get(), 2)
  assert.equal(faults.length, 1)
})

test("who needs what is not there yet has it looked for, once a second at most", async () => {
  const { kept, loads, pass } = setUp()
  await kept.get()
  assert.equal(await kept.getNow(), 1, "it was loaded just now")
  pass(1_000)
  assert.deepEqual(await Promise.all([kept.getNow(), kept.getNow()]), [2, 2])
  assert.equal(await kept.getNow(), 2)
  assert.equal(loads(), 2)
})

test("a clock that was put back does not keep it from looking", async () => {
  const { kept, loads, pass, settled } = setUp()
  await kept.get()
  pass(-HOUR_MS)
  await kept.get()
  await settled()
  assert.equal(loads(), 2)
})

import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { asyncInvocations } from "./async-invocations.ts"
import { openClock } from "./clock.ts"
import { clockTimers } from "./clock-timers.ts"
import type { InvocationOutcome } from "./function-pool.ts"

const dir = mkdtempSync(join(tmpdir(), "async-"))
const clock = openClock(join(dir, "clock.json"))
const timers = clockTimers(clock)
after(() => {
  timers.close()
  rmSync(dir, { recursive: true })
})

const turn = () => new Promise(setImmediate)
const fails: InvocationOutcome = {
  kind: "failed",
  why: "error",
  errorType: "Error",
  errorMessage: "no",
}

/** Invokes a function with those outcomes, one after the other. */
function invoker(outcomes: InvocationOutcome[]) {
  const seen = { tries: 0, givenUp: [] as string[], said: [] as string[] }
  const invokeAsync = asyncInvocations({
    timers,
    async invoke() {
      seen.tries += 1
      return outcomes.shift() ?? assert.fail("one try too many")
    },
    async giveUp(functionName, event) {
      seen.givenUp.push(`${functionName} ${event}`)
    },
    warn: (text) => seen.said.push(text),
    speed: 1,
  })
  return { seen, invokeAsync }
}

test("a failed event comes again after a minute and after two more, until it is done", async () => {
  const { seen, invokeAsync } = invoker([fails, fails, { kind: "answered", payload: "null" }])
  invokeAsync("f", "{}")
  await turn()
  clock.advance(50_000)
  await turn()
  assert.equal(seen.tries, 1)
  clock.advance(20_000)
  await turn()
  assert.equal(seen.tries, 2)
  clock.advance(60_000)
  await turn()
  assert.equal(seen.tries, 2)
  clock.advance(60_000)
  await turn()
  assert.deepEqual(seen, { tries: 3, givenUp: [], said: [] })
})

test("what no try delivers is kept and told", async () => {
  const { seen, invokeAsync } = invoker([fails, fails, fails])
  invokeAsync("f", '{"a":1}')
  await turn()
  for (const ms of [60_000, 120_000]) {
    clock.advance(ms)
    await turn()
  }
  assert.deepEqual(seen.givenUp, ['f {"a":1}'])
  assert.deepEqual(seen.said, ["f: an event is given up after 3 tries: no"])
})

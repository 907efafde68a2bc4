import assert from "node:assert/strict"
import { test } from "node:test"
import { playWeek } from "./play-week.ts"

test("two days of sales, killed functions and a restart: every bill is what tills and channels say, to the fen", async (t) => {
  const seed = Date.now() % 1_000_000
  const said: string[] = []
  const report = await playWeek({
    seed,
    days: 2,
    paymentsPerDay: 30,
    kills: 6,
    say: (line) => said.push(line),
  })
  t.diagnostic(`seed ${seed}, ${report.refunds} refunds, ${report.kills} kills`)
  assert.deepEqual(report.differences, [], `seed ${seed}\n${said.join("\n")}`)
  assert.equal(report.orders, 60)
  assert.ok(report.bills >= 6)
})

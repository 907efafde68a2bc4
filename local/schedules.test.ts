import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { openClock } from "./clock.ts"
import { clockTimers } from "./clock-timers.ts"
import { runSchedules, type ScheduleDefinition } from "./schedules.ts"

const dir = mkdtempSync(join(tmpdir(), "schedules-"))
const clock = openClock(join(dir, "clock.json"))
const timers = clockTimers(clock)
after(() => {
  timers.close()
  rmSync(dir, { recursive: true })
})
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const daily: ScheduleDefinition = {
  name: "daily",
  arn: "arn:aws:scheduler:us-east-1:000000000000:schedule/default/daily",
  expression: "cron(0 1,13 * * ? *)",
  timeZone: "Asia/Shanghai",
  functionName: "daily",
  input: '{"due":"<aws.scheduler.scheduled-time>"}',
}

test("a clock that is moved runs what came due, once a schedule, and goes on from there", () => {
  const called: [name: string, event: string][] = []
  const invokeAsync = (name: string, event: string) => void called.push([name, event])
  const hourly = { ...daily, functionName: "hourly", expression: "rate(1 hour)", input: undefined }
  // 10:00 in Shanghai, whatever the machine's time is.
  clock.advance(DAY_MS - ((clock.nowMs() + 22 * HOUR_MS) % DAY_MS))
  runSchedules([daily, hourly], { clock, timers, invokeAsync })
  clock.advance(HOUR_MS / 2)
  assert.equal(called.length, 0)

  clock.advance(10 * DAY_MS)
  assert.deepEqual(called.map(([name]) => name).sort(), ["daily", "hourly"])
  const { due } = JSON.parse(called.find(([name]) => name === "daily")?.[1] ?? "") as { due: string }
  assert.match(due, /T05:00:00Z$/)
  const event = JSON.parse(called.find(([name]) => name === "hourly")?.[1] ?? "") as Record<string, unknown>
  assert.deepEqual([event["detail-type"], event.resources], ["Scheduled Event", [daily.arn]])

  called.length = 0
  clock.advance(HOUR_MS)
  assert.deepEqual(
    called.map(([name]) => name),
    ["hourly"],
  )
  clock.advance(3 * HOUR_MS)
  assert.deepEqual(called.map(([name]) => name).sort(), ["daily", "hourly", "hourly"])
})

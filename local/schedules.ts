import { randomUUID } from "node:crypto"
import { LOCAL_ACCOUNT, LOCAL_REGION } from "./account.ts"
import type { InvokeAsync } from "./async-invocations.ts"
import type { PlatformClock } from "./clock.ts"
import type { ClockTimers } from "./clock-timers.ts"
import { readScheduleExpression } from "./schedule-expression.ts"

export type ScheduleDefinition = {
  name: string
  arn: string
  /** cron(...) or rate(...). */
  expression: string
  timeZone: string
  functionName: string
  /** What the function is given; undefined: Scheduler's own event. */
  input: string | undefined
}

export type ScheduleSurroundings = { clock: PlatformClock; timers: ClockTimers; invokeAsync: InvokeAsync }

/**
 * Calls each schedule's function when the platform's clock comes to it. A clock that is moved past several times of one
 * schedule runs it once. As with Scheduler, what came due while the platform was down is not made up for: the next
 * time counts. A flexible window is none here. Throws for an expression that it cannot read.
 */
export function runSchedules(
  schedules: readonly ScheduleDefinition[],
  { clock, timers, invokeAsync }: ScheduleSurroundings,
): void {
  for (const schedule of schedules) {
    const nextAfter = readScheduleExpression(schedule.expression, schedule.timeZone, clock.nowMs())
    const wait = () => {
      const dueMs = nextAfter(clock.nowMs())
      if (dueMs === undefined) return
      timers.at(dueMs, () => {
        wait()
        invokeAsync(schedule.functionName, eventOf(schedule, dueMs))
      })
    }
    wait()
  }
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
function eventOf({ arn, input }: ScheduleDefinition, dueMs: number): string {
  const time = new Date(dueMs).toISOString().replace(".000Z", "Z")
  const id = randomUUID()
  if (input !== undefined) {
    return input
      .replaceAll("<aws.scheduler.schedule-arn>", arn)
      .replaceAll("<aws.scheduler.scheduled-time>", time)
      .replaceAll("<aws.scheduler.execution-id>", id)
      .replaceAll("<aws.scheduler.attempt-number>", "1")
  }
  return JSON.stringify({
    version: "0",
    id,
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    account: LOCAL_ACCOUNT,
    time,
    region: LOCAL_REGION,
    resources: [arn],
    detail: "{}",
  })
}

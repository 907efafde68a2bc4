import { billDayIsOver, daysAfter } from "../domain/bill-day.ts"
import { chunksFor, partitionsFor } from "../domain/bill-partition.ts"
import { DEFAULT_TIME_ZONE, localDateTime } from "../domain/days.ts"
import type { BillRuns, MerchantZones, MovementStore, RunMarker } from "./bill-ports.ts"
import { isComplete } from "./bill-status.ts"
import type { Clock, OrderDays } from "./ports.ts"

export type PlanBillsPorts = MerchantZones & {
  clock: Pick<Clock, "nowMs">
  movements: Pick<MovementStore, "measure" | "days">
  runs: BillRuns
  merchants: Pick<OrderDays, "merchantIds">
}

/** What a run has to do about one day. */
export type BillPlan = { day: string; startedAtMs: number; partitions: number; chunks: string[] }

/** What was never made in all these days is not made by itself any more. */
const CATCH_UP_DAYS = 31
/** Bills that fail so long need a person. */
const TRY_AGAIN_DAYS = 7

/**
 * The first day after `after` (empty: any) whose bills are to be made, and how; undefined where there is none. That is yesterday (of the
 * default zone) and the day before it, and what is missing of the days before: where runs did not take place, merchants whose day
 * was not over by then, and merchants that failed.
 */
export async function planBills(
  ports: PlanBillsPorts,
  run: string,
  after: string,
): Promise<BillPlan | undefined> {
  const startedAtMs = ports.clock.nowMs()
  for (const day of await daysToLookAt(ports, startedAtMs)) {
    if (day <= after) continue
    if (await isToDo(ports, day, startedAtMs)) return planDay(ports, { run, day, startedAtMs })
  }
  return undefined
}

async function daysToLookAt({ movements, runs }: PlanBillsPorts, nowMs: number): Promise<string[]> {
  const today = localDateTime(nowMs, DEFAULT_TIME_ZONE).date
  const first = daysAfter(today, -CATCH_UP_DAYS)
  const known = [...(await movements.days(first)), ...(await runs.markers(first)).map(({ day }) => day)]
  const from = [...known, daysAfter(today, -2)].sort()[0] ?? today
  const days: string[] = []
  for (let day = from; day < today; day = daysAfter(day, 1)) days.push(day)
  return days
}

async function isToDo(ports: PlanBillsPorts, day: string, nowMs: number): Promise<boolean> {
  const marker = await ports.runs.marker(day)
  if (!marker) return true
  if (isComplete(marker)) return false
  const failed = marker.failed.length + marker.lost.length > 0
  if (failed && day >= daysAfter(localDateTime(nowMs, DEFAULT_TIME_ZONE).date, -TRY_AGAIN_DAYS)) return true
  return someDayIsOver(ports, marker, nowMs)
}

async function someDayIsOver({ timeZoneOf }: PlanBillsPorts, { day, waiting }: RunMarker, nowMs: number) {
  for (const merchantId of waiting) {
    if (billDayIsOver(day, nowMs, await timeZoneOf(merchantId))) return true
  }
  return false
}

async function planDay(
  { movements, runs, merchants }: PlanBillsPorts,
  { run, day, startedAtMs }: { run: string; day: string; startedAtMs: number },
): Promise<BillPlan> {
  const roster = await merchants.merchantIds()
  const { objects, bytes } = await movements.measure(day)
  const partitions = partitionsFor({ bytes, merchants: roster.length })
  const chunks = objects === 0 ? [] : chunksFor(objects)
  await runs.keepRoster({ run, day }, roster)
  await runs.keepProgress({ run, day, startedAtMs, objects, chunks: chunks.length, partitions })
  return { day, startedAtMs, partitions, chunks }
}

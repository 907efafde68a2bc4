import { daysAfter } from "../domain/bill-day.ts"
import { DEFAULT_TIME_ZONE, localDateTime } from "../domain/days.ts"
import type { BillRuns, RunMarker, RunProgress } from "../usecases/bill-ports.ts"
import { isComplete } from "../usecases/bill-status.ts"
import type { Command } from "./command.ts"
import { localTime } from "./times.ts"

const SHOWN_DAYS = 7
/** Merchants of a kind that are named. */
const NAMED = 20

/** A19: how the daily bills stand. */
export const bills: Command = {
  name: "bills",
  words: "",
  summary: "How the bills of the last days stand, and how far a run has come",
  details: [
    "Runs begin by themselves, five times a day (docs/operations/bills.md). Each makes what is missing: there is",
    "nothing to start by hand.",
  ],
  takes: ["day", "limit", "json"],
  wordCount: { min: 0, max: 0 },
  async run({ day, limit = SHOWN_DAYS, json }, desk) {
    const today = localDateTime(desk.clock.nowMs(), DEFAULT_TIME_ZONE).date
    const days = day
      ? [day.replaceAll("-", "")]
      : Array.from({ length: limit }, (_, it) => daysAfter(today, -1 - it))
    const found = await Promise.all(days.map((it) => standingOf(desk.bills, it)))
    if (json) return { ok: true, lines: [], json: found }
    return { ok: true, lines: found.flatMap(describe) }
  },
}

type Standing = { day: string; made?: RunMarker; underWay?: RunProgress & { partitionsDone: number } }

async function standingOf(runs: BillRuns, day: string): Promise<Standing> {
  const [marker, progress] = await Promise.all([runs.marker(day), runs.progress(day)])
  const underWay = progress && progress.run !== marker?.run
  return {
    day,
    ...(marker ? { made: marker } : {}),
    ...(underWay ? { underWay: { ...progress, partitionsDone: (await runs.results(progress)).size } } : {}),
  }
}

function describe({ day, made, underWay }: Standing): string[] {
  const lines = [`${day}  ${made ? inShort(made) : "not made"}`]
  if (underWay) {
    const { run, startedAtMs, partitionsDone, partitions } = underWay
    lines.push(
      `          run ${run}, begun ${localTime(startedAtMs)}: ${partitionsDone} of ${partitions} partitions done`,
    )
  }
  if (!made) return lines
  const { failed, lost } = made
  lines.push(
    ...failed.slice(0, NAMED).map(({ merchantId, why }) => `          failed   ${merchantId}  ${why}`),
  )
  if (failed.length > NAMED) lines.push(`          and ${failed.length - NAMED} more failed`)
  if (lost.length > 0) lines.push(`          lost     partitions ${lost.join(", ")}`)
  return lines
}

function inShort(marker: RunMarker): string {
  const { bills, movements, waiting, finishedAtMs } = marker
  const state = isComplete(marker) ? "complete" : "incomplete"
  const later = waiting.length > 0 ? `, ${waiting.length} merchants' day was not over` : ""
  return `${state}: ${bills} bills of ${movements} movements${later}, ${localTime(finishedAtMs)}`
}

/** How times and ages are shown to people. */
import { localDateTime } from "../domain/days.ts"

/** `2026-07-01 12:34:56` in that zone. */
export function localTime(atMs: number, timeZone?: string): string {
  const { time } = localDateTime(atMs, timeZone)
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(time) ?? []
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`
}

const UNITS: readonly [string, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
]

/** "3 minutes"; only the largest unit counts. */
export function inWords(durationMs: number): string {
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(durationMs / unitMs)
    if (count >= 1) return `${count} ${unit}${count === 1 ? "" : "s"}`
  }
  return "a moment"
}

/**
 * Which bill a movement stands in. A day stays open for half an hour after midnight, in the merchant's zone, for what is
 * written down a little late; what comes later still is *late*, and stands in the bill of the day on which it came.
 */
import { localDateTime } from "./days.ts"

const OPEN_AFTER_MIDNIGHT_MS = 30 * 60_000
/** Who had begun to write a movement before the day closed has ended long before this has passed. */
const SETTLED_AFTER_MS = 10 * 60_000
const DAY_MS = 24 * 60 * 60_000

/** The bill in which a movement of `day` stands that is written down now. */
export function billDayOf(day: string, nowMs: number, timeZone: string): string {
  const open = localDateTime(nowMs - OPEN_AFTER_MIDNIGHT_MS, timeZone).date <= day
  return open ? day : localDateTime(nowMs, timeZone).date
}

/** Nothing comes to that day's bill any more. */
export function billDayIsOver(day: string, nowMs: number, timeZone: string): boolean {
  return localDateTime(nowMs - OPEN_AFTER_MIDNIGHT_MS - SETTLED_AFTER_MS, timeZone).date > day
}

/** `yyyyMMdd`, so many days later or, negative, earlier. */
export function daysAfter(day: string, days: number): string {
  const [year, month, date] = [day.slice(0, 4), day.slice(4, 6), day.slice(6, 8)].map(Number)
  const atMs = Date.UTC(year ?? 0, (month ?? 0) - 1, date) + days * DAY_MS
  return new Date(atMs).toISOString().slice(0, 10).replaceAll("-", "")
}

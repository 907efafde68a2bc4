import { localDateTime } from "../domain/days.ts"

/** When a schedule comes due next after that time; undefined: never again. */
export type Recurrence = (afterMs: number) => number | undefined

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const UNIT_MS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: DAY_MS }
/** A leap day comes every eight years at the latest (1896, 1904; 2096, 2104). */
const FARTHEST_DAYS = 9 * 366

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

/**
 * Reads `cron(minutes hours day-of-month month day-of-week year)` in that zone, or `rate(value unit)` counted from
 * `startMs`, as EventBridge Scheduler means them: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 * Throws for anything else; L, W and # of cron expressions are not known here.
 */
export function readScheduleExpression(expression: string, timeZone: string, startMs: number): Recurrence {
  const [, kind, inner = ""] = /^(cron|rate)\((.+)\)$/.exec(expression) ?? []
  if (kind === "rate") return rate(inner, startMs)
  const fields = inner.split(" ")
  if (kind !== "cron" || fields.length !== 6) throw unreadable(expression)
  const [minutes = "", hours = "", days = "", months = "", weekdays = "", years = ""] = fields
  return cron(
    {
      minutes: [...fieldValues(minutes, 0, 59)],
      hours: [...fieldValues(hours, 0, 23)],
      days: fieldValues(days, 1, 31),
      months: fieldValues(months, 1, 12, MONTHS),
      weekdays: fieldValues(weekdays, 1, 7, WEEKDAYS),
      years: fieldValues(years, 1970, 2199),
    },
    timeZone,
  )
}

function rate(inner: string, startMs: number): Recurrence {
  const [, value = "", unit = ""] = /^([1-9]\d*) (minute|hour|day)s?$/.exec(inner) ?? []
  const everyMs = Number(value) * (UNIT_MS[unit] ?? 0)
  if (everyMs === 0) throw unreadable(`rate(${inner})`)
  return (afterMs) => startMs + (Math.floor((afterMs - startMs) / everyMs) + 1) * everyMs
}

type Cron = {
  minutes: readonly number[]
  hours: readonly number[]
  days: ReadonlySet<number>
  months: ReadonlySet<number>
  weekdays: ReadonlySet<number>
  years: ReadonlySet<number>
}

function cron(given: Cron, timeZone: string): Recurrence {
  return (afterMs) => {
    const today = startOfDay(afterMs, timeZone)
    for (let day = 0; day < FARTHEST_DAYS; day++) {
      const date = new Date(today + day * DAY_MS)
      if (!onDay(given, date)) continue
      for (const hour of given.hours) {
        for (const minute of given.minutes) {
          const dueMs = momentOf(date.getTime() + (hour * 60 + minute) * MINUTE_MS, timeZone)
          if (dueMs !== undefined && dueMs > afterMs) return dueMs
        }
      }
    }
    return undefined
  }
}

/** `date` stands for a day of the zone by its fields in UTC. */
function onDay({ days, months, weekdays, years }: Cron, date: Date): boolean {
  return (
    days.has(date.getUTCDate()) &&
    months.has(date.getUTCMonth() + 1) &&
    weekdays.has(date.getUTCDay() + 1) &&
    years.has(date.getUTCFullYear())
  )
}

/** The numbers that a field names, in order. */
function fieldValues(
  field: string,
  first: number,
  last: number,
  names: readonly string[] = [],
): ReadonlySet<number> {
  const numberOf = (text: string) => {
    const value = names.includes(text) ? names.indexOf(text) + first : Number(text)
    if (!/^[A-Z0-9]+$/.test(text) || !(value >= first && value <= last)) throw unreadable(field)
    return value
  }
  const found = new Set<number>()
  for (const part of field.split(",")) {
    const [, range = "", , step] = /^([^/]+)(\/([1-9]\d*))?$/.exec(part) ?? []
    const [from = "", to] = range === "*" || range === "?" ? [String(first), String(last)] : range.split("-")
    const end = to === undefined ? (step === undefined ? numberOf(from) : last) : numberOf(to)
    for (let value = numberOf(from); value <= end; value += Number(step ?? 1)) found.add(value)
  }
  return new Set([...found].sort((one, other) => one - other))
}

/**
 * When the zone's clocks show that time, given by its fields in UTC. A time that they leap over is undefined, of one that
 * they show twice the first counts: such a schedule is skipped, or runs once.
 */
function momentOf(shownMs: number, timeZone: string): number | undefined {
  const offsets = [shownMs - DAY_MS, shownMs + DAY_MS].map((ms) => shownAt(ms, timeZone) - ms)
  const moments = offsets.map((offsetMs) => shownMs - offsetMs).sort((one, other) => one - other)
  return moments.find((ms) => shownAt(ms, timeZone) === shownMs)
}

/** What the zone's clocks show, to the second, as if it were UTC. */
function shownAt(atMs: number, timeZone: string): number {
  const { time } = localDateTime(atMs, timeZone)
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(time) ?? []
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}

function startOfDay(atMs: number, timeZone: string): number {
  const shown = shownAt(atMs, timeZone)
  return shown - (shown % DAY_MS)
}

function unreadable(expression: string): Error {
  return new Error(`"${expression}" is no schedule that the local platform can read`)
}

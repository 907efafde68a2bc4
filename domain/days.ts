/** Shops live in local time: days and times are always those of the merchant's zone, never UTC's. */
export const DEFAULT_TIME_ZONE = "Asia/Shanghai"

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(timeZone: string): Intl.DateTimeFormat {
  let found = formatters.get(timeZone)
  if (!found) {
    // Building a formatter costs a hundred times what using it does.
    found = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    })
    formatters.set(timeZone, found)
  }
  return found
}

/** `yyyyMMdd` and `yyyyMMddHHmmss` in the given zone. */
export function localDateTime(
  atMs: number,
  timeZone: string = DEFAULT_TIME_ZONE,
): { date: string; time: string } {
  const part: Record<string, string> = {}
  for (const { type, value } of formatter(timeZone).formatToParts(atMs)) part[type] = value
  const date = `${part.year}${part.month}${part.day}`
  return { date, time: `${date}${part.hour}${part.minute}${part.second}` }
}

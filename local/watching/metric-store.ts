/** Which metric: a data point belongs to exactly these dimensions, as in CloudWatch. */
export type MetricId = {
  namespace: string
  name: string
  dimensions: Readonly<Record<string, string>>
}

export type DataPoint = { metric: MetricId; value: number; atMs: number }

/** "Sum", "Average", "Minimum", "Maximum", "SampleCount" or a percentile, "p99". */
export type Statistic = string

export type MetricStore = {
  put(point: DataPoint): void
  /** Over the data points from `fromMs` on, before `toMs`; undefined where there are none. */
  read(metric: MetricId, statistic: Statistic, fromMs: number, toMs: number): number | undefined
}

const MINUTE_MS = 60_000
/** The longest that an alarm of ours looks back, with some hours to spare. */
const KEPT_MINUTES = 36 * 60
/** Of a busy minute's values these many stand for all in a percentile. */
const MOST_VALUES = 500

type Minute = { count: number; sum: number; min: number; max: number; values: number[] }

/** Metrics in memory, by the minute, since that is as fine as alarms look. */
export function metricStore(): MetricStore {
  const metrics = new Map<string, Map<number, Minute>>()
  return {
    put({ metric, value, atMs }) {
      const key = keyOf(metric)
      const minutes = metrics.get(key) ?? new Map<number, Minute>()
      metrics.set(key, minutes)
      const minute = Math.floor(atMs / MINUTE_MS)
      const known = minutes.get(minute)
      if (known) addTo(known, value)
      else {
        minutes.set(minute, { count: 1, sum: value, min: value, max: value, values: [value] })
        for (const old of minutes.keys()) if (old < minute - KEPT_MINUTES) minutes.delete(old)
      }
    },
    read(metric, statistic, fromMs, toMs) {
      const minutes = metrics.get(keyOf(metric))
      if (!minutes) return undefined
      const within: Minute[] = []
      for (let minute = Math.ceil(fromMs / MINUTE_MS); minute * MINUTE_MS < toMs; minute++) {
        const found = minutes.get(minute)
        if (found) within.push(found)
      }
      return within.length === 0 ? undefined : statisticOf(within, statistic)
    },
  }
}

function addTo(minute: Minute, value: number): void {
  minute.count += 1
  minute.sum += value
  minute.min = Math.min(minute.min, value)
  minute.max = Math.max(minute.max, value)
  if (minute.values.length < MOST_VALUES) minute.values.push(value)
}

function statisticOf(minutes: readonly Minute[], statistic: Statistic): number {
  const total = (of: "count" | "sum") => minutes.reduce((sum, minute) => sum + minute[of], 0)
  switch (statistic) {
    case "Sum":
      return total("sum")
    case "SampleCount":
      return total("count")
    case "Average":
      return total("sum") / total("count")
    case "Minimum":
      return Math.min(...minutes.map(({ min }) => min))
    case "Maximum":
      return Math.max(...minutes.map(({ max }) => max))
    default:
      return percentile(
        minutes.flatMap(({ values }) => values),
        statistic,
      )
  }
}

/** By the nearest rank. */
function percentile(values: number[], statistic: Statistic): number {
  const percent = Number(/^p(\d+(?:\.\d+)?)$/.exec(statistic)?.[1])
  if (Number.isNaN(percent)) throw new Error(`The statistic ${statistic} is not known to the local platform`)
  values.sort((one, other) => one - other)
  return values[Math.max(0, Math.ceil((percent / 100) * values.length) - 1)] ?? 0
}

function keyOf({ namespace, name, dimensions }: MetricId): string {
  const sorted = Object.entries(dimensions).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([namespace, name, sorted])
}

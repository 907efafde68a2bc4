import type { PlatformClock } from "../clock.ts"
import type { ClockTimers } from "../clock-timers.ts"
import { type AlarmState, evaluate } from "./alarm-evaluation.ts"
import { lineMetrics } from "./log-line-metrics.ts"
import { type DataPoint, type MetricId, metricStore } from "./metric-store.ts"
import type { AlarmDefinition, WatchedResources } from "./watched-resources.ts"

/** An alarm as GET /local/alarms shows it. */
export type AlarmReport = {
  name: string
  state: AlarmState
  /** ISO 8601 UTC. */
  since: string
  /** What it means for people, and the page that says what to do. */
  description: string
  threshold: number
  /** Of the periods looked at, the newest first; null: no data. */
  values: (number | null)[]
}

export type Alarms = {
  /** A data point of now. */
  put(metric: MetricId, value: number): void
  /** A line that a function logged. */
  line(functionName: string, text: string): void
  /** Alarms that are on first. */
  report(): AlarmReport[]
  close(): void
}

export type AlarmsSurroundings = {
  clock: Pick<PlatformClock, "nowMs">
  timers: ClockTimers
  /** Measures, once a minute, what is not told as it happens. */
  measure(): Promise<Omit<DataPoint, "atMs">[]>
  /** Told of each alarm that goes on or off. */
  changed(report: AlarmReport): void
  warn(text: string): void
}

const MINUTE_MS = 60_000
/** Minutes that are remembered as lived through. */
const KEPT_MINUTES = 36 * 60

type Standing = { definition: AlarmDefinition; state: AlarmState; sinceMs: number; values: (number | null)[] }

/**
 * What CloudWatch does with the platform's metrics, by the platform's clock: it looks at every alarm once a minute. A minute
 * that the clock was moved over, or in which the platform was down, was never lived, so nothing is missing in it.
 */
export function openAlarms({ filters, alarms }: WatchedResources, around: AlarmsSurroundings): Alarms {
  const { clock, timers, measure, changed, warn } = around
  const store = metricStore()
  const pointsIn = lineMetrics(filters)
  const lived = new Set<number>()
  const standing = alarms.map(
    (definition): Standing => ({
      definition,
      state: "INSUFFICIENT_DATA",
      sinceMs: clock.nowMs(),
      values: [],
    }),
  )

  function evaluateAll(): void {
    const nowMs = clock.nowMs()
    for (const it of standing) {
      const { state, values } = evaluate(it.definition, { store, nowMs, lived: livedWithin })
      const was = it.state
      it.values = values
      if (state === undefined || state === was) continue
      it.state = state
      it.sinceMs = nowMs
      if (state === "ALARM" || was === "ALARM") changed(reportOf(it))
    }
  }

  function livedWithin(fromMs: number, toMs: number): boolean {
    for (let minute = Math.ceil(fromMs / MINUTE_MS); minute * MINUTE_MS < toMs; minute++)
      if (lived.has(minute)) return true
    return false
  }

  let closed = false

  function live(): void {
    const minute = Math.floor(clock.nowMs() / MINUTE_MS)
    lived.add(minute)
    for (const old of lived) if (old < minute - KEPT_MINUTES) lived.delete(old)
    timers.at((minute + 1) * MINUTE_MS, live)
    measure()
      .then((points) => {
        for (const point of points) store.put({ ...point, atMs: clock.nowMs() })
        evaluateAll()
      })
      .catch((fault) => {
        if (!closed) warn(`alarms: ${fault}`)
      })
  }

  live()
  return {
    put: (metric, value) => store.put({ metric, value, atMs: clock.nowMs() }),
    line(functionName, text) {
      for (const point of pointsIn(functionName, text, clock.nowMs())) store.put(point)
    },
    report() {
      evaluateAll()
      return standing.map(reportOf).sort(onesThatAreOnFirst)
    },
    close() {
      closed = true
      timers.close()
    },
  }
}

function reportOf({ definition, state, sinceMs, values }: Standing): AlarmReport {
  const { name, description, threshold } = definition
  return { name, state, since: new Date(sinceMs).toISOString(), description, threshold, values }
}

function onesThatAreOnFirst(one: AlarmReport, other: AlarmReport): number {
  const rank = ({ state }: AlarmReport) => (state === "ALARM" ? 0 : 1)
  return rank(one) - rank(other) || (one.name < other.name ? -1 : 1)
}

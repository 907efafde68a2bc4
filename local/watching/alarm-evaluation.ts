import type { MetricStore } from "./metric-store.ts"
import type { AlarmDefinition } from "./watched-resources.ts"

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA"

/** `state` undefined: it stays what it was. `values` of the periods looked at, the newest first; null: no data. */
export type Verdict = { state: AlarmState | undefined; values: (number | null)[] }

export type EvaluationSurroundings = {
  store: MetricStore
  nowMs: number
  /** Whether the platform ran at all in that time: what it cannot have measured is no missing data. */
  lived(fromMs: number, toMs: number): boolean
}

const MINUTE_MS = 60_000
/** CloudWatch looks somewhat farther back than it evaluates, so that late or missing data changes little. */
const FARTHER_PERIODS = 2

/**
 * What CloudWatch would say by the whole minutes so far: of the periods it looks at, the newest ones with data count; where
 * there are too few, missing ones count as the alarm says.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluate(alarm: AlarmDefinition, around: EvaluationSurroundings): Verdict {
  const { evaluationPeriods, datapointsToAlarm, missing, threshold } = alarm
  const seen = valuesOf(alarm, around)
  const measured = seen.filter((value) => value !== undefined).slice(0, evaluationPeriods)
  const filled = Math.min(
    seen.filter((value) => value === undefined).length,
    evaluationPeriods - measured.length,
  )
  const breaching = measured.filter((value) => alarm.breaches(value, threshold)).length
  const bad = breaching + (missing === "breaching" ? filled : 0)
  const values = seen.map((value) => value ?? null)
  if (bad >= datapointsToAlarm) return { state: "ALARM", values }
  if (measured.length === 0 && missing === "missing") return { state: "INSUFFICIENT_DATA", values }
  const undecided = missing === "breaching" && measured.length + filled < evaluationPeriods
  if (measured.length === 0 && (missing === "ignore" || undecided)) return { state: undefined, values }
  return { state: "OK", values }
}

/** The newest first, without the periods in which the platform did not run. */
function valuesOf(alarm: AlarmDefinition, { store, nowMs, lived }: EvaluationSurroundings) {
  const endMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS
  const found: (number | undefined)[] = []
  for (let period = 0; period < alarm.evaluationPeriods + FARTHER_PERIODS; period++) {
    const toMs = endMs - period * alarm.periodMs
    const fromMs = toMs - alarm.periodMs
    if (!lived(fromMs, toMs)) continue
    found.push(
      alarm.value((id) => {
        const query = alarm.metrics[id]
        return query && store.read(query.metric, query.statistic, fromMs, toMs)
      }),
    )
  }
  return found
}

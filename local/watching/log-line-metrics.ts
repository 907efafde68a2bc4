import { fieldOf, type JsonLine } from "./filter-pattern.ts"
import type { DataPoint } from "./metric-store.ts"
import type { LineFilter } from "./watched-resources.ts"

/** What a function's log line says in numbers: by the metric filters of its log, and by itself where it is written in EMF. */
export function lineMetrics(
  filters: readonly LineFilter[],
): (functionName: string, text: string, atMs: number) => DataPoint[] {
  const byFunction = Map.groupBy(filters, ({ functionName }) => functionName)
  return (functionName, text, atMs) => {
    const line = jsonIn(text)
    if (!line) return []
    const filtered = (byFunction.get(functionName) ?? []).flatMap((filter) => pointOf(filter, line, atMs))
    return [...filtered, ...embedded(line, atMs)]
  }
}

function jsonIn(text: string): JsonLine | undefined {
  if (!text.startsWith("{")) return undefined
  try {
    return JSON.parse(text) as JsonLine
  } catch {
    return undefined
  }
}

/** A line that lacks the value or a dimension gives no data point. */
function pointOf(filter: LineFilter, line: JsonLine, atMs: number): DataPoint[] {
  if (!filter.means(line)) return []
  const value = filter.value.startsWith("$.") ? fieldOf(line, filter.value) : filter.value
  const dimensions = Object.entries(filter.dimensions).map(([name, field]) => [name, fieldOf(line, field)])
  if (!Number.isFinite(Number(value)) || dimensions.some(([, of]) => of === undefined)) return []
  const { namespace, name } = filter
  return [
    { metric: { namespace, name, dimensions: Object.fromEntries(dimensions) }, value: Number(value), atMs },
  ]
}

type Embedded = {
  Timestamp: number
  CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[]
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function embedded(line: JsonLine, atMs: number): DataPoint[] {
  if (typeof line._aws !== "object" || line._aws === null) return []
  const { CloudWatchMetrics = [] } = line._aws as Embedded
  return CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name: name }) =>
      (Dimensions.length > 0 ? Dimensions : [[]]).flatMap((names) => {
        const dimensions = Object.fromEntries(names.map((each) => [each, String(line[each])]))
        const values = [line[name]].flat() as number[]
        return values.map((value) => ({ metric: { namespace, name, dimensions }, value, atMs }))
      }),
    ),
  )
}

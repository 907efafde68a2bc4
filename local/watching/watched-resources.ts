/** The metric filters and alarms that the templates declare. Throws for what could not be evaluated here, by name. */
import { type Assembly, propertiesOf, type Resource, refOf } from "../template.ts"
import { type JsonLine, readFilterPattern } from "./filter-pattern.ts"
import { type MetricMath, readMetricMath } from "./metric-math.ts"
import type { MetricId, Statistic } from "./metric-store.ts"

export type LineFilter = {
  functionName: string
  means(line: JsonLine): boolean
  namespace: string
  name: string
  /** A number, or a field of the line: `$.cert`. */
  value: string
  /** Fields by the name of the dimension. */
  dimensions: Readonly<Record<string, string>>
}

export type AlarmDefinition = {
  name: string
  description: string
  /** By their ids in the expression. */
  metrics: Readonly<Record<string, { metric: MetricId; statistic: Statistic }>>
  value: MetricMath
  periodMs: number
  threshold: number
  breaches(value: number, threshold: number): boolean
  evaluationPeriods: number
  datapointsToAlarm: number
  missing: "missing" | "notBreaching" | "breaching" | "ignore"
}

export type WatchedResources = { filters: LineFilter[]; alarms: AlarmDefinition[] }

export function readWatched(assembly: Assembly): WatchedResources {
  const ofType = (type: string) => assembly.resources.filter((resource) => resource.type === type)
  return {
    filters: ofType("AWS::Logs::MetricFilter").flatMap((resource) => filtersOf(assembly, resource)),
    alarms: ofType("AWS::CloudWatch::Alarm").map((resource) => alarmOf(assembly, resource)),
  }
}

type FilterProperties = {
  LogGroupName: string
  FilterPattern: string
  MetricTransformations: {
    MetricName: string
    MetricNamespace: string
    MetricValue: string
    Dimensions?: { Key: string; Value: string }[]
  }[]
}

function filtersOf(assembly: Assembly, resource: Resource): LineFilter[] {
  const properties = propertiesOf(assembly, resource) as FilterProperties
  const functionName = functionThatLogsTo(assembly, resource.stack, properties.LogGroupName)
  const means = readFilterPattern(properties.FilterPattern)
  return properties.MetricTransformations.map((each) => ({
    functionName,
    means,
    namespace: each.MetricNamespace,
    name: each.MetricName,
    value: each.MetricValue,
    dimensions: Object.fromEntries((each.Dimensions ?? []).map(({ Key, Value }) => [Key, Value])),
  }))
}

function functionThatLogsTo(assembly: Assembly, stack: string, logGroup: string): string {
  const found = assembly.resources.find((resource) => {
    if (resource.stack !== stack || resource.type !== "AWS::Lambda::Function") return false
    const { LoggingConfig } = propertiesOf(assembly, resource) as { LoggingConfig?: { LogGroup?: string } }
    return LoggingConfig?.LogGroup === logGroup
  })
  if (!found) throw new Error(`${stack}: no function logs to ${logGroup}`)
  return refOf(assembly, found)
}

type Metric = {
  Namespace: string
  MetricName: string
  Dimensions?: { Name: string; Value: string }[]
}
type MetricQuery = {
  Id: string
  Expression?: string
  ReturnData?: boolean
  MetricStat?: { Metric: Metric; Period: number; Stat: string }
}
type AlarmProperties = Partial<Metric> & {
  AlarmName: string
  AlarmDescription?: string
  Metrics?: MetricQuery[]
  Statistic?: string
  ExtendedStatistic?: string
  Period?: number
  Threshold: number
  ComparisonOperator: string
  EvaluationPeriods: number
  DatapointsToAlarm?: number
  TreatMissingData?: AlarmDefinition["missing"]
}

const COMPARISONS: Readonly<Record<string, AlarmDefinition["breaches"]>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
}

function alarmOf(assembly: Assembly, resource: Resource): AlarmDefinition {
  const properties = propertiesOf(assembly, resource) as AlarmProperties
  const breaches = COMPARISONS[properties.ComparisonOperator]
  if (!breaches) {
    throw new Error(
      `${resource.logicalId}: ${properties.ComparisonOperator} is not known to the local platform`,
    )
  }
  return {
    name: properties.AlarmName,
    description: properties.AlarmDescription ?? "",
    ...watchedBy(resource.logicalId, queriesOf(properties)),
    threshold: properties.Threshold,
    breaches,
    evaluationPeriods: properties.EvaluationPeriods,
    datapointsToAlarm: properties.DatapointsToAlarm ?? properties.EvaluationPeriods,
    missing: properties.TreatMissingData ?? "missing",
  }
}

/** An alarm on a single metric, as if it were written like the others. */
function queriesOf(properties: AlarmProperties): MetricQuery[] {
  if (properties.Metrics) return properties.Metrics
  const { Namespace = "", MetricName = "", Dimensions, Period = 0 } = properties
  const Stat = properties.Statistic ?? properties.ExtendedStatistic ?? ""
  return [{ Id: "m", MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period, Stat } }]
}

function watchedBy(logicalId: string, queries: readonly MetricQuery[]) {
  const stats = queries.flatMap(({ Id, MetricStat }) => (MetricStat ? [{ Id, ...MetricStat }] : []))
  const periods = new Set(stats.map(({ Period }) => Period))
  const [expression, ...others] = queries.flatMap(({ Expression }) => (Expression ? [Expression] : []))
  const [period] = periods
  if (period === undefined || periods.size > 1 || others.length > 0)
    throw new Error(`${logicalId}: only one expression over one period is known to the local platform`)
  const metrics = stats.map(({ Id, Metric, Stat }) => [Id, { metric: idOf(Metric), statistic: Stat }])
  return {
    metrics: Object.fromEntries(metrics) as AlarmDefinition["metrics"],
    value: readMetricMath(expression ?? stats[0]?.Id ?? ""),
    periodMs: period * 1000,
  }
}

function idOf({ Namespace, MetricName, Dimensions = [] }: Metric): MetricId {
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]))
  return { namespace: Namespace, name: MetricName, dimensions }
}

/** Every metric that is looked at, by what it is about. Names and dimensions of AWS's own are those of its user guides. */
import type { IMetric } from "aws-cdk-lib/aws-cloudwatch"
import { MathExpression, Metric, Stats } from "aws-cdk-lib/aws-cloudwatch"
import { Duration } from "aws-cdk-lib/core"
import { DAY_INDEX } from "./data-stack.ts"
import type { FunctionName, TableAction } from "./function-table.ts"
import type { LineMetricName } from "./log-metrics.ts"
import { metricNamespace } from "./log-metrics.ts"
import type { StageName } from "./settings.ts"

/** What is watched, by the names that metrics have in their dimensions; some are known only at deployment. */
export type Watched = {
  stage: StageName
  apiId: string
  tables: { main: string; settings: string }
  /** By channel. */
  queues: Record<string, { polls: string; deadLetters: string }>
  /** The queues of events that nobody could deal with. */
  lostUndos: string
  lostRefunds: string
  notificationQueues: { first: string; repeats: string; deadLetters: string }
  undoWorkflowArn: string
  refundWorkflowArn: string
  billsWorkflowArn: string
  /** How old the key that signs answers gets before the next one signs. */
  signingKeyDays: number
}

/** How often most things are measured. */
export const PERIOD = Duration.minutes(5)

/** Of what functions measure on a schedule; Powertools gives it to each of these metrics. */
const SERVICE = { service: "metro-pay" } as const

export type WatchedMetrics = ReturnType<typeof watchedMetrics>

export function watchedMetrics(watched: Watched) {
  const { stage, apiId, tables, undoWorkflowArn, refundWorkflowArn, billsWorkflowArn } = watched
  const namespace = metricNamespace(stage)
  const sum = (of: string, metricName: string, dimensionsMap: Record<string, string>) =>
    new Metric({ namespace: of, metricName, dimensionsMap, statistic: Stats.SUM, period: PERIOD })
  const aws = (service: string, dimensions: Record<string, string>) => (name: string, statistic: string) =>
    sum(`AWS/${service}`, name, dimensions).with({ statistic })
  return {
    /** Counted from log lines (log-metrics.ts). */
    lines: (name: LineMetricName, dimensions: Record<string, string> = {}) =>
      sum(namespace, name, dimensions),
    /** What is rare, said by functions as it happens (http/rare-events.ts); of all functions where none is named. */
    said: (name: RareName, dimensions: Record<string, string> = {}) => sum(namespace, name, dimensions),
    /** What functions measure on a schedule. */
    gauge: (name: GaugeName) => sum(namespace, name, SERVICE).with({ statistic: Stats.MAXIMUM }),
    lambda: (name: FunctionName) => aws("Lambda", { FunctionName: `MetroPay-${stage}-${name}` }),
    gateway: aws("ApiGateway", { ApiId: apiId }),
    queue: (QueueName: string) => aws("SQS", { QueueName }),
    workflow: aws("States", { StateMachineArn: undoWorkflowArn }),
    refundWorkflow: aws("States", { StateMachineArn: refundWorkflowArn }),
    billsWorkflow: aws("States", { StateMachineArn: billsWorkflowArn }),
    mainTable: aws("DynamoDB", { TableName: tables.main }),
    settingsTable: aws("DynamoDB", { TableName: tables.settings }),
    dayIndex: aws("DynamoDB", { TableName: tables.main, GlobalSecondaryIndexName: DAY_INDEX }),
    tableOperation: (TableName: string, Operation: TableAction) => aws("DynamoDB", { TableName, Operation }),
  }
}

export type RareName =
  | "Fault"
  | "KeyReloadFailed"
  | "NotificationUndelivered"
  | "ChannelSilent"
  | "BreakerOpen"

/** All but the last are measured by usecases/take-stock.ts and said by functions/watch; that one by functions/platformkeys. */
export type GaugeName =
  | "ExceptionsOpen"
  | "ExceptionOldestSeconds"
  | "UndoRefused"
  | "RefundRefused"
  | "SurplusOpen"
  | "FailedStreamRecords"
  | "KeysUnusable"
  | "SigningKeyAgeDays"

/** Of all of them together, where there is no data of one as if it were 0. */
export function sumOf(metrics: readonly IMetric[], period: Duration = PERIOD): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]))
  const expression = metrics.map((_, index) => `FILL(m${index}, 0)`).join(" + ")
  return new MathExpression({ expression, usingMetrics, period })
}

/** What the functions' log lines are counted as. The lines are http/call-log.ts's; what else functions measure they say themselves. */
import type { ILogGroup } from "aws-cdk-lib/aws-logs"
import { FilterPattern, MetricFilter } from "aws-cdk-lib/aws-logs"
import type { Construct } from "constructs"
import type { FunctionName } from "./function-table.ts"
import { rowOf } from "./function-table.ts"
import type { StageName } from "./settings.ts"

/** Of all metrics that are not AWS's own. */
export function metricNamespace(stage: StageName): string {
  return `MetroPay/${stage}`
}

type LineMetric = {
  /** As CloudWatch Logs matches JSON lines. */
  pattern: string
  /** Counts 1 a line where it is not a field. */
  value?: `$.${string}`
  dimensions?: Record<string, `$.${string}`>
  writtenBy(name: FunctionName): boolean
}

const CHANNEL = { Channel: "$.ch" } as const

/** Functions whose writes can make an order final. */
const finishes = (name: FunctionName) => ["applypay", "reverse", "poll", "undo"].includes(name)
const pays = (name: FunctionName) => name === "applypay"
const hasRoutes = (name: FunctionName) => "routes" in rowOf(name).trigger
/** Who signs answers is called with signatures. */
const isSigned = (name: FunctionName) => rowOf(name).unwraps?.includes("metro-pay/answers") ?? false

/**
 * `cert` stands in the line of the call whose write made the order final, and in no other: each order counts once. What was
 * refused before a channel was chosen (a used code) is final too and says nothing of any channel.
 */
const becameFinal = (state: string) => `{ ($.st = "${state}") && ($.cert = *) && ($.ch = *) }`
const answered = (...codes: string[]) => `{ ${codes.map((code) => `($.code = "${code}")`).join(" || ")} }`

export const LINE_METRICS = {
  /** Calls that a channel was to be charged for. */
  Payments: {
    pattern: `{ ($.call = "applypay") && ($.code = "SUCCESS") && ($.ch = *) }`,
    dimensions: CHANNEL,
    writtenBy: pays,
  },
  /** Payments whose caller was told "paying": nothing clear was known in time. */
  Unknown: {
    pattern: `{ ($.call = "applypay") && ($.st = "PAYING") && ($.ch = *) }`,
    dimensions: CHANNEL,
    writtenBy: pays,
  },
  Paid: { pattern: becameFinal("PAID"), dimensions: CHANNEL, writtenBy: finishes },
  Failed: { pattern: becameFinal("FAILED"), dimensions: CHANNEL, writtenBy: finishes },
  Closed: { pattern: becameFinal("CLOSED"), dimensions: CHANNEL, writtenBy: finishes },
  CertaintyMs: {
    pattern: "{ ($.cert = *) && ($.ch = *) }",
    value: "$.cert",
    dimensions: CHANNEL,
    writtenBy: finishes,
  },
  /** Calls that were refused or broke, by what they were told. */
  Refused: {
    pattern: `{ ($.code = *) && ($.code != "SUCCESS") }`,
    dimensions: { Call: "$.call", Code: "$.code" },
    writtenBy: hasRoutes,
  },
  /** Answers with a status of 500 and more that are ours: the gateway counts them like its own. */
  FaultsAnswered: { pattern: answered("SYSTEM_ERROR", "TRY_AGAIN"), writtenBy: hasRoutes },
  SignaturesRefused: {
    pattern: answered(
      "SIGNATURE_MISSING",
      "SIGNATURE_INVALID",
      "SIGNATURE_EXPIRED",
      "DIGEST_MISMATCH",
      "KEY_UNKNOWN",
    ),
    writtenBy: isSigned,
  },
  /** Runs of the daily check that came to their end. */
  DailyChecks: {
    pattern: `{ ($.call = "daily") && ($.notFinal = *) }`,
    writtenBy: (name: FunctionName) => name === "daily",
  },
  /** Days whose bills a run came to the end of. */
  BillDays: {
    pattern: `{ ($.call = "makebills") && ($.bills = *) }`,
    writtenBy: (name: FunctionName) => name === "makebills",
  },
} as const satisfies Record<string, LineMetric>

export type LineMetricName = keyof typeof LINE_METRICS

/** Beside the log itself, so that no other stack depends on which functions there are. */
export function countLogLines(
  scope: Construct,
  name: FunctionName,
  logGroup: ILogGroup,
  stage: StageName,
): void {
  for (const [metricName, metric] of Object.entries<LineMetric>(LINE_METRICS)) {
    if (!metric.writtenBy(name)) continue
    new MetricFilter(scope, `Count${metricName}`, {
      logGroup,
      filterPattern: FilterPattern.literal(metric.pattern),
      metricNamespace: metricNamespace(stage),
      metricName,
      metricValue: metric.value ?? "1",
      dimensions: metric.dimensions,
    })
  }
}

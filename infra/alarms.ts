/**
 * What somebody is called for. Each row says what it means for people, and its name is that of its page in docs/runbooks/.
 * An alarm that nobody would act on is none: what is only interesting stands on the dashboard.
 */
import type { IMetric } from "aws-cdk-lib/aws-cloudwatch"
import { ComparisonOperator, MathExpression, Stats, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch"
import { Duration } from "aws-cdk-lib/core"
import type { AlarmLimits } from "./alarm-limits.ts"
import { DEFAULT_ALARM_LIMITS } from "./alarm-limits.ts"
import type { FunctionGroup } from "./function-groups.ts"
import { functionsIn } from "./function-groups.ts"
import type { TableAction } from "./function-table.ts"
import type { Watched, WatchedMetrics } from "./watched-metrics.ts"
import { PERIOD, sumOf, watchedMetrics } from "./watched-metrics.ts"

export type AlarmRow = {
  /** Its page is docs/runbooks/<name>.md. */
  name: string
  /** Which one of several, where a row stands for more than one alarm: a channel. */
  of?: string
  /** What people feel, in one sentence. */
  means: string
  metric: IMetric
  /** It goes off at this value and beyond (`below`: under it) … */
  limit: number
  below?: boolean
  /** … in `bad` of the last `periods`; both 1 where they are not given. */
  bad?: number
  periods?: number
  /** What no data means; nothing happened, where it is not given. */
  silence?: TreatMissingData
}

export const RUNBOOKS = "docs/runbooks"

export function alarmTable(watched: Watched, overrides: AlarmLimits = {}): AlarmRow[] {
  const limits = { ...DEFAULT_ALARM_LIMITS, ...overrides }
  const metrics = watchedMetrics(watched)
  const channels = Object.entries(watched.queues)
  return [
    ...payingAlarms(metrics, limits),
    ...channels.flatMap(([channel, queues]) => channelAlarms(channel, queues, metrics, limits)),
    ...functionAlarms(metrics, limits),
    ...deskAlarms(metrics, limits),
    ...workAlarms(watched, metrics, limits),
    ...billAlarms(metrics),
    ...notificationAlarms(watched, metrics),
    ...groundAlarms(watched, metrics),
    ...keyAlarms(metrics, watched.signingKeyDays),
  ]
}

type Limits = Required<AlarmLimits>

function payingAlarms({ lines, gateway, lambda }: WatchedMetrics, limits: Limits): AlarmRow[] {
  return [
    {
      name: "payments-broken",
      means:
        "Cashiers see a system error and do not know whether the customer has paid until they ask again.",
      metric: lines("Refused", { Call: "applypay", Code: "SYSTEM_ERROR" }),
      limit: limits.systemErrors,
    },
    {
      name: "payments-slow",
      means: "Cashiers and customers wait for many seconds at the till, and queues form.",
      metric: lambda("applypay")("Duration", Stats.p(95)),
      limit: limits.paymentSeconds * 1000,
      bad: 3,
      periods: 3,
    },
    {
      name: "unsigned-answers",
      means:
        "Merchants get answers that are not ours (5xx of the gateway) and must treat every one as unknown.",
      // The gateway counts what we answer with 500 and 503 as well; that is ours, signed, and has its own alarms.
      metric: new MathExpression({
        expression: "FILL(all, 0) - FILL(ours, 0)",
        usingMetrics: { all: gateway("5xx", Stats.SUM), ours: lines("FaultsAnswered") },
        period: PERIOD,
      }),
      limit: limits.unsignedAnswers,
    },
    {
      name: "signatures-refused",
      means:
        "A merchant cannot pay because its calls are signed wrongly, or somebody tries to call in its name.",
      metric: lines("SignaturesRefused"),
      limit: limits.refusedSignatures,
    },
  ]
}

/** As people call them. */
const CHANNEL_NAMES: Readonly<Record<string, string>> = { wechat: "WeChat Pay" }

function channelAlarms(
  channel: string,
  queues: Watched["queues"][string],
  { lines, said, queue }: WatchedMetrics,
  limits: Limits,
): AlarmRow[] {
  const people = CHANNEL_NAMES[channel] ?? channel
  const Channel = { Channel: channel }
  return [
    {
      name: "unknown-payments",
      of: channel,
      means: `Many who pay by ${people} and their cashiers wait at the till: whether they paid is not known at once.`,
      metric: new MathExpression({
        expression: `IF(FILL(payments, 0) >= ${limits.unknownOutOf}, 100 * FILL(unknown, 0) / payments, 0)`,
        usingMetrics: { payments: lines("Payments", Channel), unknown: lines("Unknown", Channel) },
        period: PERIOD,
      }),
      limit: limits.unknownPercent,
    },
    {
      name: "certainty-late",
      of: channel,
      means: `Some who pay by ${people} do not learn for minutes whether they paid; goods are held back or given away.`,
      metric: lines("CertaintyMs", Channel).with({ statistic: Stats.p(99) }),
      limit: limits.certaintySeconds * 1000,
      bad: 2,
      periods: 3,
    },
    {
      name: "channel-silent",
      of: channel,
      means: `${people} does not answer: payments with it stay unknown for a while, and some will be undone.`,
      metric: said("ChannelSilent", { channel }),
      limit: limits.silentCalls,
    },
    {
      name: "breaker-open",
      of: channel,
      means: `Customers cannot pay by ${people} at some merchant: tills are told to try again or to take another way.`,
      metric: said("BreakerOpen", { channel }),
      limit: 1,
    },
    {
      name: "polling-late",
      of: channel,
      means: `Nobody asks ${people} about unknown payments: tills that wait for an outcome wait in vain.`,
      metric: queue(queues.polls)("ApproximateAgeOfOldestMessage", Stats.MAXIMUM),
      // A message may be sent to wait 15 minutes, and its age counts from then.
      limit: 20 * 60,
    },
    {
      name: "dead-letters",
      of: channel,
      means: `The outcome of some payments by ${people} could not be found out in five tries; their customers still wait.`,
      // They are read at once, so hardly one is ever seen waiting.
      metric: sumOf([
        queue(queues.deadLetters)("NumberOfMessagesReceived", Stats.SUM),
        queue(queues.deadLetters)("ApproximateNumberOfMessagesVisible", Stats.MAXIMUM),
      ]),
      limit: 1,
    },
  ]
}

const FAILING: Record<FunctionGroup, string> = {
  paying: "Some customers cannot show a code or pay: calls end without an answer of ours.",
  asking:
    "Outcomes are not found out and reversals stand still: cashiers do not learn what became of payments.",
  app: "Customers do not see in their app what became of their payments.",
  bills: "Merchants do not get their bills of yesterday, or cannot fetch them.",
  workers: "Consumption records come late, and payments that got stuck are found late.",
}

/** Time-outs count as errors. */
function functionAlarms({ lambda }: WatchedMetrics, { failedCalls }: Limits): AlarmRow[] {
  const all = (group: FunctionGroup, metric: string) =>
    sumOf(functionsIn(group).map((name) => lambda(name)(metric, Stats.SUM)))
  const groups = Object.entries(FAILING) as [FunctionGroup, string][]
  return [
    ...groups.map(([group, means]) => ({
      name: `${group}-failing`,
      means,
      metric: all(group, "Errors"),
      limit: failedCalls,
    })),
    {
      name: "paying-throttled",
      means: "Customers are turned away at the till: more pay at once than the account's limits let through.",
      metric: all("paying", "Throttles"),
      limit: failedCalls,
    },
    {
      name: "asking-throttled",
      means: "Outcomes and reversals come late: more is asked at once than the account's limits let through.",
      metric: all("asking", "Throttles"),
      limit: failedCalls,
      bad: 2,
      periods: 3,
    },
  ]
}

function deskAlarms({ gauge }: WatchedMetrics, { exceptionMinutes }: Limits): AlarmRow[] {
  return [
    {
      name: "exception-old",
      means:
        "A customer's or a merchant's money has been in doubt for long, and the platform has not settled it alone.",
      metric: gauge("ExceptionOldestSeconds"),
      limit: exceptionMinutes * 60,
    },
    {
      name: "undo-refused",
      means:
        "A customer was promised money back and the channel refuses to give it: a person must see to it.",
      metric: gauge("UndoRefused"),
      limit: 1,
    },
    {
      name: "refund-refused",
      means: "A customer was promised a refund and the channel refuses to pay it: a person must see to it.",
      metric: gauge("RefundRefused"),
      limit: 1,
    },
  ]
}

/** Twelve lie between two runs (infra/stages.ts). */
const HOURS_WITHOUT_CHECK = 13

function workAlarms(watched: Watched, metrics: WatchedMetrics, { streamSeconds }: Limits): AlarmRow[] {
  const { lines, lambda, gauge, queue, workflow, refundWorkflow, said } = metrics
  return [
    {
      name: "records-late",
      means: "Merchants are told late of payments and refunds, and customers do not see their last ones.",
      metric: lambda("effects")("IteratorAge", Stats.MAXIMUM),
      limit: streamSeconds * 1000,
    },
    {
      name: "recovery-late",
      means: "Payments that were interrupted are not taken up again: their customers and cashiers wait.",
      metric: lambda("recovery")("IteratorAge", Stats.MAXIMUM),
      limit: streamSeconds * 1000,
    },
    {
      name: "failed-records",
      means:
        "Payments are missing in customers' records and merchants' bills, or merchants were not told of them.",
      metric: gauge("FailedStreamRecords"),
      limit: 1,
    },
    {
      name: "undo-failing",
      means:
        "Reversals or refunds ended without having been carried out: money that should go back is still at the channel.",
      metric: sumOf(
        ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled"].flatMap(
          (name) => [workflow(name, Stats.SUM), refundWorkflow(name, Stats.SUM)],
        ),
      ),
      limit: 1,
    },
    {
      name: "lost-undo-events",
      means:
        "Reversals or refunds that failed were not begun again: money comes back only with the next daily check.",
      metric: sumOf(
        [watched.lostUndos, watched.lostRefunds].map((name) =>
          queue(name)("ApproximateNumberOfMessagesVisible", Stats.MAXIMUM),
        ),
      ),
      limit: 1,
    },
    {
      name: "work-failing",
      means:
        "Some payments are asked about, undone or recorded late: single pieces of work fail again and again.",
      metric: said("Fault"),
      limit: 10,
    },
    {
      name: "daily-missed",
      means: "A payment that everything else has forgotten would stay forgotten: nobody looks for such.",
      metric: lines("DailyChecks").with({ period: Duration.hours(1) }),
      limit: 1,
      below: true,
      bad: HOURS_WITHOUT_CHECK,
      periods: HOURS_WITHOUT_CHECK,
      silence: TreatMissingData.BREACHING,
    },
    {
      name: "watch-silent",
      means: "Nobody would be told of money in doubt: what stands on the exceptions desk is not measured.",
      metric: gauge("ExceptionsOpen").with({ statistic: Stats.SAMPLE_COUNT }),
      limit: 1,
      below: true,
      bad: 3,
      periods: 3,
      silence: TreatMissingData.BREACHING,
    },
  ]
}

/** Twenty-four lie between the ends of two days' bills, as long as a run takes no longer than the one before. */
const HOURS_WITHOUT_BILLS = 30

function billAlarms({ lines, said, billsWorkflow }: WatchedMetrics): AlarmRow[] {
  return [
    {
      name: "bills-incomplete",
      means: "Some merchants have no bill of a day that is over, until what fails is repaired.",
      metric: sumOf([
        said("Fault", { call: "makebills" }),
        said("Fault", { call: "bills" }),
        ...["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"].map((name) =>
          billsWorkflow(name, Stats.SUM),
        ),
      ]),
      limit: 1,
    },
    {
      name: "bills-missed",
      means: "No merchant has a bill of yesterday: nobody made them.",
      metric: lines("BillDays").with({ period: Duration.hours(1) }),
      limit: 1,
      below: true,
      bad: HOURS_WITHOUT_BILLS,
      periods: HOURS_WITHOUT_BILLS,
      silence: TreatMissingData.BREACHING,
    },
  ]
}

function notificationAlarms({ notificationQueues }: Watched, { queue, said }: WatchedMetrics): AlarmRow[] {
  const { first, repeats, deadLetters } = notificationQueues
  const late = {
    name: "notifications-late",
    means: "Merchants' systems learn late what became of payments and refunds, if they wait to be told.",
  }
  return [
    {
      ...late,
      of: "first",
      metric: queue(first)("ApproximateAgeOfOldestMessage", Stats.MAXIMUM),
      limit: 2 * 60,
      bad: 2,
      periods: 3,
    },
    {
      ...late,
      of: "repeats",
      metric: queue(repeats)("ApproximateAgeOfOldestMessage", Stats.MAXIMUM),
      // A message may be sent to wait 15 minutes, and its age counts from then.
      limit: 30 * 60,
      bad: 2,
      periods: 3,
    },
    {
      name: "notification-dead-letters",
      means:
        "Some merchants are told late of single payments or refunds: their notifications fail on our side.",
      metric: sumOf([
        queue(deadLetters)("NumberOfMessagesReceived", Stats.SUM),
        queue(deadLetters)("ApproximateNumberOfMessagesVisible", Stats.MAXIMUM),
      ]),
      limit: 1,
    },
    {
      name: "notifications-undelivered",
      means:
        "A merchant's system was not told what became of a payment or refund, and nobody tries any more.",
      // Once a day for each merchant: an endpoint that is given up by its owner would keep it on for ever.
      metric: said("NotificationUndelivered"),
      limit: 1,
    },
  ]
}

/** What everything stands on. */
function groundAlarms({ tables }: Watched, metrics: WatchedMetrics): AlarmRow[] {
  const { mainTable, settingsTable, dayIndex, tableOperation } = metrics
  const throttled = [mainTable, settingsTable, dayIndex].flatMap((of) => [
    of("ReadThrottleEvents", Stats.SUM),
    of("WriteThrottleEvents", Stats.SUM),
  ])
  const onMain = ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"] as const
  const onSettings = ["GetItem", "BatchGetItem", "Query"] as const
  const failed = (table: string, operations: readonly TableAction[]) =>
    operations.map((operation) => tableOperation(table, operation)("SystemErrors", Stats.SUM))
  return [
    {
      name: "tables-throttled",
      means: "Payments fail or take long: the database turns some of the reads and writes away.",
      metric: beside(mainTable("ConsumedReadCapacityUnits", Stats.SUM), throttled),
      limit: 1,
    },
    {
      name: "tables-failing",
      means: "Payments fail or take long: the database itself has faults.",
      metric: beside(mainTable("ConsumedReadCapacityUnits", Stats.SUM), [
        ...failed(tables.main, onMain),
        ...failed(tables.settings, onSettings),
      ]),
      limit: 5,
    },
  ]
}

/** Days that a signing key may be late: nobody has to come at night for it. */
const LATE_DAYS = 7

function keyAlarms({ gauge, lambda, said }: WatchedMetrics, signingKeyDays: number): AlarmRow[] {
  return [
    {
      name: "keys-unusable",
      means:
        "Nobody can pay as soon as functions start anew: a key that opens the platform's secrets is switched off.",
      metric: gauge("KeysUnusable"),
      limit: 1,
    },
    {
      name: "keys-not-reloaded",
      means:
        "Payments still work with the keys that functions hold, but those that start anew or rotate will fail.",
      metric: said("KeyReloadFailed"),
      limit: 10,
      bad: 2,
      periods: 3,
    },
    {
      name: "key-rotation-failing",
      means:
        "Nobody notices yet: the key that answers are signed with is not replaced in time, or a new one not made.",
      metric: lambda("platformkeys")("Errors", Stats.SUM),
      limit: 1,
      // It runs once a day: the state stays what the last run made it.
      silence: TreatMissingData.IGNORE,
    },
    {
      name: "signing-key-old",
      means:
        "Nobody notices yet: merchants verify answers with a key that should have been replaced a week ago.",
      metric: gauge("SigningKeyAgeDays"),
      limit: signingKeyDays + LATE_DAYS,
      silence: TreatMissingData.IGNORE,
    },
  ]
}

/**
 * The sum, with a data point wherever `always` has one. Alarms on the database's metrics keep their state while data is
 * missing, whatever they are told of that, and these are there only when something went wrong: such an alarm would never end.
 * `watch` reads the main table all the time.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
function beside(always: IMetric, metrics: readonly IMetric[]): MathExpression {
  const { expression, usingMetrics = {} } = sumOf(metrics)
  return new MathExpression({
    expression: `${expression} + 0 * FILL(always, 0)`,
    usingMetrics: { ...usingMetrics, always },
    period: PERIOD,
  })
}

/** At the limit it already goes off; where it waits for something to be there, only under it. */
export function comparisonOf({ below }: AlarmRow): ComparisonOperator {
  return below
    ? ComparisonOperator.LESS_THAN_THRESHOLD
    : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
}

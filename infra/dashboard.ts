import type { Alarm, IMetric, IWidget } from "aws-cdk-lib/aws-cloudwatch"
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  MathExpression,
  SingleValueWidget,
  Stats,
} from "aws-cdk-lib/aws-cloudwatch"
import type { Construct } from "constructs"
import { FUNCTION_GROUPS, functionsIn } from "./function-groups.ts"
import { metricNamespace } from "./log-metrics.ts"
import type { GaugeName, Watched, WatchedMetrics } from "./watched-metrics.ts"
import { PERIOD, watchedMetrics } from "./watched-metrics.ts"

const ROW = 24
const ALARMS_HEIGHT = 5
const HEIGHT = 6

/** What the runbooks point at: alarms first, then money, then what it rests on, one row each. */
export function addDashboard(scope: Construct, watched: Watched, alarms: readonly Alarm[]): void {
  const metrics = watchedMetrics(watched)
  new Dashboard(scope, "Dashboard", {
    dashboardName: `MetroPay-${watched.stage}`,
    widgets: [
      [new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms], width: ROW, height: ALARMS_HEIGHT })],
      ...Object.keys(watched.queues).map((channel) => row(...paymentsOf(channel, metrics))),
      row(...apiWidgets(watched, metrics)),
      row(...deskWidgets(metrics)),
      row(...queueWidgets(watched, metrics)),
      row(...streamAndWorkflowWidgets(metrics)),
      row(...functionWidgets(metrics)),
      row(...tableWidgets(metrics)),
    ],
  })
}

type Titled = { title: string; left: IMetric[] }

/** Widgets of equal width. */
function row(...widgets: readonly (Titled | IWidget)[]): IWidget[] {
  const width = Math.floor(ROW / widgets.length)
  return widgets.map((it) => ("left" in it ? new GraphWidget({ ...it, width, height: HEIGHT }) : it))
}

const labelled = (metric: IMetric, label: string): IMetric =>
  "with" in metric && typeof metric.with === "function" ? metric.with({ label }) : metric

function paymentsOf(channel: string, { lines, said }: WatchedMetrics): Titled[] {
  const Channel = { Channel: channel }
  const certainty = lines("CertaintyMs", Channel)
  return [
    {
      title: `${channel}: payments`,
      left: (["Paid", "Failed", "Closed", "Unknown"] as const).map((name) =>
        labelled(lines(name, Channel), name.toLowerCase()),
      ),
    },
    {
      title: `${channel}: time to certainty`,
      left: [50, 99].map((percent) =>
        certainty.with({ statistic: Stats.p(percent), label: `p${percent} ms` }),
      ),
    },
    {
      title: `${channel}: does it answer`,
      left: [
        labelled(said("ChannelSilent", { channel }), "silent calls"),
        labelled(said("BreakerOpen", { channel }), "breaker open"),
      ],
    },
  ]
}

function apiWidgets({ stage }: Watched, { gateway, lines }: WatchedMetrics): Titled[] {
  const byCode = new MathExpression({
    expression: `SEARCH('{${metricNamespace(stage)},Call,Code} MetricName="Refused"', 'Sum')`,
    usingMetrics: {},
    label: "",
    period: PERIOD,
  })
  return [
    { title: "API: calls", left: ["Count", "4xx", "5xx"].map((name) => gateway(name, Stats.SUM)) },
    { title: "API: latency", left: [50, 99].map((percent) => gateway("Latency", Stats.p(percent))) },
    { title: "API: refusals by call and code", left: [byCode] },
    {
      title: "API: what merchants must act on",
      left: [
        labelled(lines("SignaturesRefused"), "signatures refused"),
        labelled(lines("FaultsAnswered"), "system errors and try again"),
      ],
    },
  ]
}

const GAUGES: readonly GaugeName[] = [
  "ExceptionsOpen",
  "ExceptionOldestSeconds",
  "UndoRefused",
  "RefundRefused",
  "SurplusOpen",
  "FailedStreamRecords",
  "KeysUnusable",
]

function deskWidgets({ gauge }: WatchedMetrics): (Titled | IWidget)[] {
  const width = ROW / 2
  return [
    new SingleValueWidget({ title: "Desk: now", metrics: GAUGES.map(gauge), width, height: HEIGHT }),
    {
      title: "Desk: what waits for somebody",
      left: [gauge("ExceptionsOpen"), gauge("UndoRefused"), gauge("RefundRefused")],
    },
  ]
}

function queueWidgets({ queues, lostUndos, lostRefunds }: Watched, { queue }: WatchedMetrics): Titled[] {
  const visible = "ApproximateNumberOfMessagesVisible"
  const channels = Object.entries(queues)
  return [
    {
      title: "Queues: questions that wait",
      left: channels.map(([channel, { polls }]) => labelled(queue(polls)(visible, Stats.MAXIMUM), channel)),
    },
    {
      title: "Queues: age of the oldest question, seconds",
      left: channels.map(([channel, { polls }]) =>
        labelled(queue(polls)("ApproximateAgeOfOldestMessage", Stats.MAXIMUM), channel),
      ),
    },
    {
      title: "Queues: dead letters and lost events",
      left: [
        ...channels.map(([channel, { deadLetters }]) =>
          labelled(queue(deadLetters)("NumberOfMessagesReceived", Stats.SUM), `${channel}, received`),
        ),
        labelled(queue(lostUndos)(visible, Stats.MAXIMUM), "lost undo events"),
        labelled(queue(lostRefunds)(visible, Stats.MAXIMUM), "lost refund events"),
      ],
    },
  ]
}

function streamAndWorkflowWidgets({ lambda, workflow }: WatchedMetrics): Titled[] {
  return [
    {
      title: "Streams: how far behind, ms",
      left: (["effects", "recovery"] as const).map((name) =>
        labelled(lambda(name)("IteratorAge", Stats.MAXIMUM), name),
      ),
    },
    {
      title: "Undo workflow",
      left: ["Started", "Succeeded", "Failed", "TimedOut", "Aborted"].map((how) =>
        labelled(workflow(`Executions${how}`, Stats.SUM), how.toLowerCase()),
      ),
    },
  ]
}

function functionWidgets({ lambda }: WatchedMetrics): Titled[] {
  return [
    ...FUNCTION_GROUPS.map((group) => ({
      title: `Functions: ${group}, failed and throttled`,
      left: functionsIn(group).flatMap((name) => [
        labelled(lambda(name)("Errors", Stats.SUM), `${name} failed`),
        labelled(lambda(name)("Throttles", Stats.SUM), `${name} throttled`),
      ]),
    })),
    {
      title: "Functions: applypay, ms",
      left: [50, 95, 99].map((percent) => lambda("applypay")("Duration", Stats.p(percent))),
    },
    {
      title: "Functions: at once",
      left: (["applypay", "poll", "undo"] as const).map((name) =>
        labelled(lambda(name)("ConcurrentExecutions", Stats.MAXIMUM), name),
      ),
    },
  ]
}

function tableWidgets({ mainTable, settingsTable }: WatchedMetrics): Titled[] {
  const used = (name: string) => [
    labelled(mainTable(name, Stats.SUM), "main"),
    labelled(settingsTable(name, Stats.SUM), "settings"),
  ]
  return [
    { title: "Tables: units read", left: used("ConsumedReadCapacityUnits") },
    { title: "Tables: units written", left: used("ConsumedWriteCapacityUnits") },
    {
      title: "Tables: throttled",
      left: [...used("ReadThrottleEvents"), ...used("WriteThrottleEvents")],
    },
  ]
}

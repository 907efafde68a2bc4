/**
 * Every alarm of production goes on for what it is meant for, and off again. The signals are written out here once more,
 * as the services publish them: a metric that is misspelt in the alarm would never come.
 */
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { platformUnderTest, settingsOf } from "../../infra/test-templates.ts"
import { openClock } from "../clock.ts"
import { clockTimers } from "../clock-timers.ts"
import { readAssembly } from "../template.ts"
import { type Alarms, openAlarms } from "./alarms.ts"
import { readWatched } from "./watched-resources.ts"

const dir = mkdtempSync(join(tmpdir(), "every-alarm-"))
after(() => rmSync(dir, { recursive: true }))

const { app } = platformUnderTest({ ...settingsOf({ stage: "production" }), templateChecks: false })
const assembly = readAssembly(app.synth().directory, { sqs: "http://sqs", api: "http://api" })
const watched = readWatched(assembly)

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What is published in a minute. */
type Signals = (alarms: Pick<Alarms, "put" | "line">) => void
type Case = {
  bad: Signals
  /** Nothing, where it is not given. */
  good?: Signals
  /** Time between two looks: what is measured by the hour needs no minutes. */
  stepMs?: number
}

/** A line of a function's log: http/log-line.ts. */
const line =
  (call: string, fields: Record<string, string | number>, times = 1): Signals =>
  ({ line }) => {
    const text = JSON.stringify({ at: "2025-06-01T04:00:00.000Z", call, id: "01J", ...fields })
    for (let time = 0; time < times; time++) line(`MetroPay-production-${call}`, text)
  }

/** A line in EMF, as Powertools writes it: http/rare-events.ts, functions/watch, functions/platformkeys. */
const embedded =
  (writer: string, metric: string, value: number, dimensions: Record<string, string>, times = 1): Signals =>
  ({ line }) => {
    const CloudWatchMetrics = [
      {
        Namespace: "MetroPay/production",
        Dimensions: [Object.keys(dimensions)],
        Metrics: [{ Name: metric, Unit: "Count" }],
      },
    ]
    const text = JSON.stringify({ _aws: { Timestamp: 0, CloudWatchMetrics }, ...dimensions, [metric]: value })
    for (let time = 0; time < times; time++) line(`MetroPay-production-${writer}`, text)
  }
const rare = (writer: string, metric: string, dimensions: Record<string, string>, times: number) =>
  embedded(writer, metric, 1, dimensions, times)
/** Of a function, which is counted for all of them as well. */
const rareIn = (call: string, metric: string, times: number): Signals =>
  together(rare(call, metric, { call }, times), embedded(call, metric, 1, {}, times))
const gauge = (metric: string, value: number, writer = "watch") =>
  embedded(writer, metric, value, { service: "metro-pay" })

const published =
  (namespace: string, dimensions: Record<string, string>) =>
  (name: string, value: number): Signals =>
  ({ put }) =>
    put({ namespace, name, dimensions }, value)
const together =
  (...all: Signals[]): Signals =>
  (alarms) => {
    for (const each of all) each(alarms)
  }

// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html: by FunctionName.
const lambda = (name: string) => published("AWS/Lambda", { FunctionName: `MetroPay-production-${name}` })
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html: by ApiId.
const gateway = published("AWS/ApiGateway", { ApiId: "local" })
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html: by QueueName.
const queue = (name: string) => published("AWS/SQS", { QueueName: `MetroPay-production-${name}` })
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html: by StateMachineArn.
const workflow = published("AWS/States", {
  StateMachineArn: "arn:aws:states:us-east-1:000000000000:stateMachine:MetroPay-production-undo-order",
})
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html: throttles by TableName, and by
// that and GlobalSecondaryIndexName; SystemErrors by TableName and Operation.
const tableName = (part: "Main" | "Settings") =>
  String(
    assembly.resources
      .filter(({ type }) => type === "AWS::DynamoDB::Table")
      .filter(({ logicalId }) => logicalId.startsWith(part))
      .map(({ stack, logicalId }) => assembly.resolve(stack, { Ref: logicalId }))[0],
  )
const table = (part: "Main" | "Settings", more: Record<string, string> = {}) =>
  published("AWS/DynamoDB", { TableName: tableName(part), ...more })
const tableRead = table("Main")("ConsumedReadCapacityUnits", 8)

const paid = (fields: Record<string, string | number> = {}, times = 1) =>
  line(
    "applypay",
    { m: "M10001", ch: "wechat", code: "SUCCESS", st: "PAID", cert: 600, ms: 610, ...fields },
    times,
  )
const paying = (times: number) =>
  line("applypay", { m: "M10001", ch: "wechat", code: "SUCCESS", st: "PAYING", ms: 7_100 }, times)

const CASES: Record<string, Case> = {
  "payments-broken": { bad: line("applypay", { code: "SYSTEM_ERROR" }, 2), good: paid() },
  "payments-slow": { bad: lambda("applypay")("Duration", 7_400), good: lambda("applypay")("Duration", 400) },
  "unsigned-answers": {
    bad: gateway("5xx", 3),
    // What we answered ourselves is no unsigned answer.
    good: together(gateway("5xx", 50), line("applypay", { code: "TRY_AGAIN" }, 50)),
  },
  "signatures-refused": {
    bad: line("orderquery", { code: "SIGNATURE_INVALID" }, 60),
    good: line("orderquery", { code: "SIGNATURE_INVALID" }, 2),
  },
  "unknown-payments-wechat": {
    bad: together(paid({}, 8), paying(2)),
    good: together(paid({}, 40), paying(1)),
  },
  "certainty-late-wechat": {
    bad: line("poll", { ch: "wechat", st: "PAID", code: "SUCCESS", cert: 240_000 }),
    good: paid({}, 3),
  },
  "channel-silent-wechat": { bad: rare("applypay", "ChannelSilent", { channel: "wechat" }, 4) },
  "breaker-open-wechat": { bad: rare("applypay", "BreakerOpen", { channel: "wechat" }, 1) },
  "polling-late-wechat": {
    bad: queue("poll-wechat")("ApproximateAgeOfOldestMessage", 1_300),
    // A message that was sent to wait for a quarter of an hour.
    good: queue("poll-wechat")("ApproximateAgeOfOldestMessage", 890),
  },
  "dead-letters-wechat": {
    bad: queue("poll-wechat-dead-letters")("NumberOfMessagesReceived", 1),
    good: queue("poll-wechat-dead-letters")("ApproximateNumberOfMessagesVisible", 0),
  },
  "notifications-late-first": {
    bad: queue("notifications")("ApproximateAgeOfOldestMessage", 130),
    good: queue("notifications")("ApproximateAgeOfOldestMessage", 5),
  },
  "notifications-late-repeats": {
    bad: queue("notification-repeats")("ApproximateAgeOfOldestMessage", 2_000),
    good: queue("notification-repeats")("ApproximateAgeOfOldestMessage", 890),
  },
  "notification-dead-letters": {
    bad: queue("notification-dead-letters")("NumberOfMessagesReceived", 1),
    good: queue("notification-dead-letters")("ApproximateNumberOfMessagesVisible", 0),
  },
  "notifications-undelivered": { bad: rareIn("notify", "NotificationUndelivered", 1) },
  "paying-failing": { bad: lambda("code")("Errors", 2), good: lambda("code")("Errors", 0) },
  "asking-failing": { bad: lambda("poll")("Errors", 2), good: lambda("poll")("Errors", 0) },
  "app-failing": { bad: lambda("records")("Errors", 2), good: lambda("records")("Errors", 0) },
  "bills-failing": { bad: lambda("makebills")("Errors", 2), good: lambda("makebills")("Errors", 0) },
  "workers-failing": { bad: lambda("effects")("Errors", 2), good: lambda("effects")("Errors", 0) },
  "paying-throttled": {
    bad: lambda("applypay")("Throttles", 2),
    // One call in a rush is made again by its till.
    good: lambda("applypay")("Throttles", 0),
  },
  "asking-throttled": { bad: lambda("poll")("Throttles", 3), good: lambda("poll")("Throttles", 0) },
  "exception-old": { bad: gauge("ExceptionOldestSeconds", 960), good: gauge("ExceptionOldestSeconds", 0) },
  "undo-refused": { bad: gauge("UndoRefused", 1), good: gauge("UndoRefused", 0) },
  "refund-refused": { bad: gauge("RefundRefused", 1), good: gauge("RefundRefused", 0) },
  "records-late": {
    bad: lambda("effects")("IteratorAge", 400_000),
    good: lambda("effects")("IteratorAge", 900),
  },
  "recovery-late": {
    bad: lambda("recovery")("IteratorAge", 400_000),
    good: lambda("recovery")("IteratorAge", 900),
  },
  "failed-records": { bad: gauge("FailedStreamRecords", 1), good: gauge("FailedStreamRecords", 0) },
  "undo-failing": { bad: workflow("ExecutionsTimedOut", 1), good: workflow("ExecutionsFailed", 0) },
  "lost-undo-events": {
    bad: queue("undo-order-failed-lost")("ApproximateNumberOfMessagesVisible", 1),
    good: queue("undo-order-failed-lost")("ApproximateNumberOfMessagesVisible", 0),
  },
  "work-failing": { bad: rareIn("finishrefund", "Fault", 5) },
  "daily-missed": {
    bad: () => {},
    good: line("daily", { orders: 12, notFinal: 0, faults: 0, ms: 900 }),
    stepMs: HOUR_MS / 2,
  },
  "bills-incomplete": { bad: rareIn("makebills", "Fault", 1) },
  "bills-missed": {
    bad: () => {},
    good: line("makebills", { movements: 12, bills: 3, waiting: 0, faults: 0, ms: 900 }),
    stepMs: HOUR_MS / 2,
  },
  "watch-silent": { bad: () => {}, good: gauge("ExceptionsOpen", 0) },
  "tables-throttled": {
    bad: together(tableRead, table("Main", { GlobalSecondaryIndexName: "byDay" })("WriteThrottleEvents", 1)),
    good: tableRead,
  },
  "tables-failing": {
    bad: together(tableRead, table("Settings", { Operation: "BatchGetItem" })("SystemErrors", 3)),
    good: tableRead,
  },
  "keys-unusable": { bad: gauge("KeysUnusable", 1), good: gauge("KeysUnusable", 0) },
  "keys-not-reloaded": { bad: rareIn("memberships", "KeyReloadFailed", 6) },
  "key-rotation-failing": {
    bad: lambda("platformkeys")("Errors", 1),
    good: lambda("platformkeys")("Errors", 0),
  },
  "signing-key-old": {
    bad: gauge("SigningKeyAgeDays", 98, "platformkeys"),
    good: gauge("SigningKeyAgeDays", 12, "platformkeys"),
  },
}

const nameOf = (full: string) => full.replace("MetroPay-production-", "")

test("there is a case for each alarm and no other", () => {
  assert.deepEqual(watched.alarms.map(({ name }) => nameOf(name)).sort(), Object.keys(CASES).sort())
})

for (const definition of watched.alarms) {
  const name = nameOf(definition.name)
  const { bad, good = () => {}, stepMs = MINUTE_MS } = CASES[name] ?? { bad: () => {} }
  test(`${name} goes on and off again`, () => {
    const clock = openClock(join(dir, `${name}.json`))
    const alarms = openAlarms(
      { ...watched, alarms: [definition] },
      { clock, timers: clockTimers(clock), measure: async () => [], changed: () => {}, warn: assert.fail },
    )
    // A quarter more than it takes to see as many periods as CloudWatch looks at.
    const steps = Math.ceil(((definition.evaluationPeriods + 3) * definition.periodMs) / stepMs)
    const become = (signals: Signals) => {
      const states = Array.from({ length: steps }, () => {
        signals(alarms)
        clock.advance(stepMs)
        return alarms.report()[0]?.state
      })
      return states.at(-1)
    }
    try {
      assert.equal(become(good), "OK")
      assert.equal(become(bad), "ALARM")
      assert.equal(become(good), "OK")
    } finally {
      alarms.close()
    }
  })
}

import assert from "node:assert/strict"
import { test } from "node:test"
import { readSettings } from "./settings.ts"
import { STAGES } from "./stages.ts"

/** As on a command line with `-c stage=production`. */
const read = (overrides: unknown) =>
  readSettings({
    CDK_CONTEXT_JSON: '{"stage":"production"}',
    METRO_PAY_SETTINGS: JSON.stringify(overrides),
  })

test("every stage that is written down is valid as it stands", () => {
  for (const stage of Object.keys(STAGES)) assert.equal(read({ stage }).stage, stage)
})

test("the stage is the one that the command line or the settings name, and none is taken for granted", () => {
  const context = JSON.stringify({ stage: "test" })
  assert.equal(readSettings({ CDK_CONTEXT_JSON: context }).stage, "test")
  const both = { CDK_CONTEXT_JSON: context, METRO_PAY_SETTINGS: '{"stage":"production"}' }
  assert.equal(readSettings(both).stage, "production")
  for (const environment of [{}, { METRO_PAY_SETTINGS: "" }, { CDK_CONTEXT_JSON: "{}" }])
    assert.throws(() => readSettings(environment), /say which stage/)
})

test("an override replaces the stage's value and leaves the others", () => {
  const settings = read({ stage: "local", publicUrl: "http://127.0.0.1:9000", speed: 20 })
  assert.equal(settings.publicUrl, "http://127.0.0.1:9000")
  assert.equal(settings.speed, 20)
  assert.equal(settings.runtime, STAGES.local.runtime)
})

const refused: [what: string, overrides: unknown, message: RegExp][] = [
  ["an unknown stage, and nothing else", { stage: "staging" }, /^settings \([^)]*\): stage: [^;]*$/],
  ["a stage named like a property of every object", { stage: "constructor" }, /stage: /],
  ["an unknown key", { stage: "test", spede: 2 }, /"spede"/],
  ["every problem, each with its name", { stage: "test", speed: 0, tracing: "yes" }, /speed: .*; tracing: /],
  [
    "a public address with a trailing slash",
    { publicUrl: "https://pay.example.com/" },
    /publicUrl: must not end with a slash/,
  ],
  [
    "an address without encryption outside this machine",
    { channelUrls: { wechat: "http://wechat" } },
    /channelUrls\.wechat: must be https/,
  ],
  [
    "keys of customers' tokens fetched without encryption",
    { token: { issuer: "i", audience: "a", jwksUrl: "http://i/keys" } },
    /token\.jwksUrl: must be https/,
  ],
  ["a period that CloudWatch Logs does not know", { logDays: 8 }, /logDays: /],
  ["production in a hurry", { speed: 20 }, /speed: must be 1 in production/],
  ["production that lets go of its data", { keepData: false }, /keepData: must be true in production/],
  ["a deployment that was not checked", { stage: "test", templateChecks: false }, /templateChecks: /],
  [
    "a throttle of a route that there is none of",
    { routeThrottles: { "GET /metro/payment/v1/nothing": { ratePerSecond: 1, burst: 1 } } },
    /routeThrottles/,
  ],
  [
    "merchants' addresses on this machine where there is none",
    { stage: "test", notifyLoopback: true },
    /notifyLoopback: can be allowed in stage local only/,
  ],
  [
    "less concurrency than the queues of notifications have",
    { reservedConcurrency: { notify: 5 } },
    /reservedConcurrency\.notify: must be at least 6, two a queue/,
  ],
  ["concurrency reserved for nobody", { reservedConcurrency: { applepay: 10 } }, /reservedConcurrency/],
  [
    "less concurrency than a queue's reader has",
    { reservedConcurrency: { poll: 1 } },
    /reservedConcurrency\.poll: must be at least 2/,
  ],
  [
    "a schedule that is no cron expression",
    { schedules: { daily: { cron: "daily", timeZone: "Asia/Shanghai" } } },
    /schedules\.daily\.cron: /,
  ],
  [
    "a time zone that there is none of",
    { schedules: { daily: { cron: "0 1 * * ? *", timeZone: "Asia/Peking-ish" } } },
    /schedules\.daily\.timeZone: /,
  ],
  [
    "two public addresses",
    {
      publicUrl: "https://a.example.com",
      customDomain: { name: "b.example.com", certificateArn: "arn:aws-cn:acm:cn-north-1:1:certificate/c" },
    },
    /publicUrl and customDomain: give one of them/,
  ],
  ["what is no object", ["test"], /not a JSON object/],
]

for (const [what, overrides, message] of refused) {
  test(`refuses ${what} in one line`, () => {
    assert.throws(
      () => read(overrides),
      (error: Error) => {
        assert.equal(error.name, "SettingsError")
        assert.match(error.message, message)
        assert.doesNotMatch(error.message, /\n/)
        return true
      },
    )
  })
}

test("refuses what is not JSON in one line", () => {
  assert.throws(() => readSettings({ METRO_PAY_SETTINGS: "stage=test" }), {
    name: "SettingsError",
    message: "METRO_PAY_SETTINGS: not JSON",
  })
})

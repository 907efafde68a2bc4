import assert from "node:assert/strict"
import { test } from "node:test"
import type { Template } from "aws-cdk-lib/assertions"
import { Match } from "aws-cdk-lib/assertions"
import { FUNCTION_NAMES } from "./function-table.ts"
import { templatesOf } from "./test-templates.ts"

/** The stacks that have functions. */
function stacksOf(overrides: Record<string, unknown>): Template[] {
  const { api, workers } = templatesOf(overrides)
  return [api, workers]
}

/** A property of each function by its name in the table. */
function propertyByFunction(overrides: { stage: string } & Record<string, unknown>, property: string) {
  const found = stacksOf(overrides).flatMap((stack) =>
    Object.values(stack.findResources("AWS::Lambda::Function")).map(({ Properties }) => [
      String(Properties.FunctionName).replace(`MetroPay-${overrides.stage}-`, ""),
      Properties[property],
    ]),
  )
  return Object.fromEntries(found) as Record<string, unknown>
}

test("every function is arm64 and has 512 MB, but for the one that holds many movements", () => {
  for (const stack of stacksOf({ stage: "production" })) {
    stack.allResourcesProperties("AWS::Lambda::Function", {
      Architectures: ["arm64"],
      Runtime: "nodejs24.x",
      Handler: "index.handler",
    })
  }
  const { makebills, ...others } = propertyByFunction({ stage: "production" }, "MemorySize")
  assert.equal(makebills, 3008)
  for (const [name, memoryMb] of Object.entries(others)) assert.equal(memoryMb, 512, name)
})

test("every function is cut off after 12 s, but for three that nobody waits for at a till", () => {
  const { daily, platformkeys, makebills, ...timeouts } = propertyByFunction(
    { stage: "production" },
    "Timeout",
  )
  assert.deepEqual(
    { daily, platformkeys, makebills },
    { daily: 15 * 60, platformkeys: 2 * 60, makebills: 15 * 60 },
  )
  assert.equal(Object.keys(timeouts).length, FUNCTION_NAMES.length - 3)
  for (const [name, seconds] of Object.entries(timeouts)) assert.equal(seconds, 12, name)
})

test("concurrency is reserved where the settings say so, and nowhere else", () => {
  const most = { applypay: 7, undo: 3, poll: 2 }
  const reserved = propertyByFunction(
    { stage: "test", reservedConcurrency: most },
    "ReservedConcurrentExecutions",
  )
  for (const name of FUNCTION_NAMES)
    assert.equal(reserved[name], (most as Record<string, number>)[name], name)
  for (const stage of ["test", "local"]) {
    const none = propertyByFunction({ stage }, "ReservedConcurrentExecutions")
    assert.deepEqual([...new Set(Object.values(none))], [undefined])
  }
})

test("in production paying, asking and undoing, and what follows have their own, within the usual quota", () => {
  const reserved = propertyByFunction({ stage: "production" }, "ReservedConcurrentExecutions")
  const paying = ["applypay", "code", "queryuid", "keys"]
  const asking = [
    "orderquery",
    "reverse",
    "refund",
    "refundquery",
    "notifywechat",
    "poll",
    "undo",
    "finishrefund",
  ]
  const following = [
    "effects",
    "recovery",
    "deadletters",
    "undofailed",
    "daily",
    "notify",
    "makebills",
    "memberships",
  ]
  for (const name of [...paying, ...asking, ...following]) assert.ok(Number(reserved[name]) >= 1, name)
  const sum = Object.values(reserved).reduce<number>((total, each) => total + Number(each ?? 0), 0)
  assert.ok(sum <= 1000 - 100)
})

test("every function logs JSON into a log of its own that is kept for a limited time", () => {
  for (const stack of stacksOf({ stage: "production", logDays: 30 })) {
    const functions = Object.values(stack.findResources("AWS::Lambda::Function"))
    const logs = functions.map(({ Properties }) => {
      assert.equal(Properties.LoggingConfig.LogFormat, "JSON")
      return Properties.LoggingConfig.LogGroup.Ref
    })
    const existing = Object.keys(
      stack.findResources("AWS::Logs::LogGroup", { Properties: { RetentionInDays: 30 } }),
    )
    assert.equal(new Set(logs).size, functions.length)
    for (const log of logs) assert.ok(existing.includes(log))
    stack.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 30 })
  }
})

test("logs outlive their stack in production only", () => {
  for (const stack of stacksOf({ stage: "production" }))
    stack.allResources("AWS::Logs::LogGroup", { DeletionPolicy: "Retain" })
  for (const stack of stacksOf({ stage: "test" }))
    stack.allResources("AWS::Logs::LogGroup", { DeletionPolicy: "Delete" })
})

const ENVIRONMENT = {
  STAGE: "test",
  PUBLIC_URL: Match.anyValue(),
  MAIN_TABLE: { "Fn::ImportValue": Match.stringLikeRegexp(":ExportsOutputRefMain") },
  SETTINGS_TABLE: { "Fn::ImportValue": Match.stringLikeRegexp(":ExportsOutputRefSettings") },
  DATA_KEY_ID: { "Fn::ImportValue": Match.stringLikeRegexp(":ExportsOutputRefDataKey") },
  ROOT_KEY_ID: { "Fn::ImportValue": Match.stringLikeRegexp(":ExportsOutputRefRootKey") },
  POLL_QUEUES: {
    "Fn::Join": ["", ['{"wechat":"', { "Fn::ImportValue": Match.stringLikeRegexp("RefPollWechat") }, '"}']],
  },
  NOTIFICATION_QUEUES: {
    "Fn::Join": [
      "",
      [
        '{"first":"',
        { "Fn::ImportValue": Match.stringLikeRegexp("RefNotifications[0-9A-F]{8}") },
        '","repeats":"',
        { "Fn::ImportValue": Match.stringLikeRegexp("RefNotificationRepeats") },
        '"}',
      ],
    ],
  },
  CHANNEL_URLS: '{"wechat":"https://channel.example.com"}',
  TOKEN_ISSUER: "https://issuer.example.com",
  TOKEN_AUDIENCE: "shops",
  TOKEN_JWKS_URL: "https://issuer.example.com/keys",
  SPEED: "20",
  FAILED_RECORDS_BUCKET: { "Fn::ImportValue": Match.stringLikeRegexp("RefFailedRecords") },
  MOVEMENTS_BUCKET: { "Fn::ImportValue": Match.stringLikeRegexp("RefMovements") },
  BILLS_BUCKET: { "Fn::ImportValue": Match.stringLikeRegexp("RefBills") },
  DAILY_BILLS_WORKFLOW_ARN: {
    "Fn::Join": ["", Match.arrayWith([":stateMachine:MetroPay-test-daily-bills"])],
  },
  REFUND_WORKFLOW_ARN: { "Fn::Join": ["", Match.arrayWith([":stateMachine:MetroPay-test-finish-refund"])] },
  UNDO_WORKFLOW_ARN: { "Fn::Join": ["", Match.arrayWith([":stateMachine:MetroPay-test-undo-order"])] },
}

test("every function gets the whole environment that functions rely on, and nothing besides", () => {
  const stacks = stacksOf({
    stage: "test",
    speed: 20,
    channelUrls: { wechat: "https://channel.example.com" },
    token: {
      issuer: "https://issuer.example.com",
      audience: "shops",
      jwksUrl: "https://issuer.example.com/keys",
    },
  })
  for (const stack of stacks) {
    stack.allResourcesProperties("AWS::Lambda::Function", {
      Environment: { Variables: Match.objectEquals(ENVIRONMENT) },
    })
  }
})

test("runtime and tracing follow the settings", () => {
  for (const stack of stacksOf({ stage: "test", runtime: "nodejs22.x", tracing: true })) {
    stack.allResourcesProperties("AWS::Lambda::Function", {
      Runtime: "nodejs22.x",
      TracingConfig: { Mode: "Active" },
      Environment: { Variables: Match.objectLike({ POWERTOOLS_TRACE_ENABLED: "true" }) },
    })
  }
  for (const stack of stacksOf({ stage: "test" })) {
    stack.allResourcesProperties("AWS::Lambda::Function", { TracingConfig: Match.absent() })
  }
})

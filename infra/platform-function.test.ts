import assert from "node:assert/strict"
import { test } from "node:test"
import type { Template } from "aws-cdk-lib/assertions"
import { Match } from "aws-cdk-lib/assertions"
import { templatesOf } from "./test-templates.ts"

/** The stacks that have functions. */
function stacksOf(overrides: Record<string, unknown>): Template[] {
  const { api, workers } = templatesOf(overrides)
  return [api, workers]
}

test("every function is arm64, has 512 MB and is cut off after 12 s", () => {
  for (const stack of stacksOf({ stage: "production" })) {
    stack.allResourcesProperties("AWS::Lambda::Function", {
      Architectures: ["arm64"],
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      MemorySize: 512,
      Timeout: 12,
    })
  }
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
  CHANNEL_URLS: '{"wechat":"https://channel.example.com"}',
  TOKEN_ISSUER: "https://issuer.example.com",
  TOKEN_AUDIENCE: "shops",
  TOKEN_JWKS_URL: "https://issuer.example.com/keys",
  SPEED: "20",
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
    })
  }
  for (const stack of stacksOf({ stage: "test" })) {
    stack.allResourcesProperties("AWS::Lambda::Function", { TracingConfig: Match.absent() })
  }
})

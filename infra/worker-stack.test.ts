import { test } from "node:test"
import { Match } from "aws-cdk-lib/assertions"
import { templatesOf } from "./test-templates.ts"

const { workers } = templatesOf({ stage: "production" })

for (const [name, gatherSeconds] of [
  ["Effects", 1],
  ["Recovery", 5],
] as const) {
  test(`${name.toLowerCase()} reads the stream from its beginning, parts bad batches, gives up in the end and loses nothing by it`, () => {
    workers.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      FunctionName: { Ref: Match.stringLikeRegexp(`^${name}Function`) },
      EventSourceArn: { "Fn::ImportValue": Match.stringLikeRegexp("StreamArn") },
      StartingPosition: "TRIM_HORIZON",
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: gatherSeconds,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      MaximumRetryAttempts: 20,
      MaximumRecordAgeInSeconds: 6 * 3600,
      DestinationConfig: {
        OnFailure: { Destination: { "Fn::ImportValue": Match.stringLikeRegexp("FailedRecords.*Arn") } },
      },
    })
  })
}

for (const [name, queue] of [
  ["Poll", "PollWechat[0-9A-F]{8}Arn"],
  ["Deadletters", "PollWechatDeadLetters[0-9A-F]{8}Arn"],
] as const) {
  test(`${name.toLowerCase()} is fed from one queue a channel, and one bad message does not fail its batch`, () => {
    workers.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      FunctionName: { Ref: Match.stringLikeRegexp(`^${name}Function`) },
      EventSourceArn: { "Fn::ImportValue": Match.stringLikeRegexp(queue) },
      BatchSize: 10,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    })
  })
}

for (const queue of ["Notifications", "NotificationRepeats", "NotificationDeadLetters"]) {
  test(`notify is fed from ${queue}, with calls of its own, and one bad message does not fail its batch`, () => {
    workers.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      FunctionName: { Ref: Match.stringLikeRegexp("^NotifyFunction") },
      EventSourceArn: { "Fn::ImportValue": Match.stringLikeRegexp(`${queue}[0-9A-F]{8}Arn`) },
      BatchSize: 10,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 8 },
    })
  })
}

test("no more messages are taken from a queue than calls are reserved for: throttled ones would count as failed", () => {
  const reservedConcurrency = { poll: 30, deadletters: 4 }
  const { workers: limited } = templatesOf({ stage: "test", reservedConcurrency })
  for (const [name, most] of [
    ["Poll", 30],
    ["Deadletters", 4],
  ] as const) {
    limited.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      FunctionName: { Ref: Match.stringLikeRegexp(`^${name}Function`) },
      ScalingConfig: { MaximumConcurrency: most },
    })
  }
  const { workers: unlimited } = templatesOf({ stage: "test" })
  unlimited.allResourcesProperties("AWS::Lambda::EventSourceMapping", { ScalingConfig: Match.absent() })
})

test("the platform's keys are made while the stack is deployed, and outlive it", () => {
  workers.hasResource("Custom::PlatformKeys", {
    DeletionPolicy: "Retain",
    UpdateReplacePolicy: "Retain",
    DependsOn: Match.arrayWith([Match.stringLikeRegexp("^PlatformkeysRoleDefaultPolicy")]),
    Properties: {
      ServiceToken: { "Fn::GetAtt": [Match.stringLikeRegexp("^PlatformkeysFunction"), "Arn"] },
      // Lambda calls a function that could not start three times in all, the last time three minutes after the first.
      ServiceTimeout: "360",
    },
  })
})

test("no worker can be reached from outside", () => {
  workers.resourceCountIs("AWS::Lambda::EventSourceMapping", 7)
  workers.resourceCountIs("AWS::Lambda::Function", 14)
  workers.resourceCountIs("AWS::Lambda::Url", 0)
  workers.allResourcesProperties("AWS::Lambda::Permission", { Principal: "events.amazonaws.com" })
})

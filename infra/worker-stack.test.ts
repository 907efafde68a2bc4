import { test } from "node:test"
import { Match } from "aws-cdk-lib/assertions"
import { templatesOf } from "./test-templates.ts"

const { workers } = templatesOf({ stage: "production" })

test("effects read the stream from its beginning, part bad batches, give up in the end and lose nothing by it", () => {
  workers.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
    FunctionName: { Ref: Match.stringLikeRegexp("^EffectsFunction") },
    EventSourceArn: { "Fn::ImportValue": Match.stringLikeRegexp("StreamArn") },
    StartingPosition: "TRIM_HORIZON",
    BatchSize: 100,
    MaximumBatchingWindowInSeconds: 1,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    MaximumRetryAttempts: 20,
    MaximumRecordAgeInSeconds: 6 * 3600,
    DestinationConfig: {
      OnFailure: { Destination: { "Fn::ImportValue": Match.stringLikeRegexp("FailedRecords.*Arn") } },
    },
  })
})

test("polls come one queue a channel, and one bad message does not fail its batch", () => {
  workers.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
    FunctionName: { Ref: Match.stringLikeRegexp("^PollFunction") },
    EventSourceArn: { "Fn::ImportValue": Match.stringLikeRegexp("PollWechat.*Arn") },
    BatchSize: 10,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
  })
})

test("no worker can be reached from outside", () => {
  workers.resourceCountIs("AWS::Lambda::EventSourceMapping", 2)
  workers.resourceCountIs("AWS::Lambda::Function", 2)
  workers.resourceCountIs("AWS::Lambda::Permission", 0)
  workers.resourceCountIs("AWS::Lambda::Url", 0)
})

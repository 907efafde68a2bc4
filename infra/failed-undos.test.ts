import assert from "node:assert/strict"
import { test } from "node:test"
import { Match } from "aws-cdk-lib/assertions"
import { templatesOf } from "./test-templates.ts"

const { workers } = templatesOf({ stage: "production" })
const lostEvents = { "Fn::GetAtt": [Match.stringLikeRegexp("^FailedUndosLost"), "Arn"] }

test("executions of the undo workflow that ended badly call undofailed, and no other events do", () => {
  workers.resourceCountIs("AWS::Events::Rule", 1)
  workers.allResourcesProperties("AWS::Events::Rule", {
    Name: "MetroPay-production-undo-order-failed",
    State: "ENABLED",
    EventPattern: Match.objectEquals({
      source: ["aws.states"],
      "detail-type": ["Step Functions Execution Status Change"],
      detail: {
        status: ["FAILED", "TIMED_OUT", "ABORTED"],
        stateMachineArn: [
          {
            "Fn::Join": [
              "",
              [
                "arn:",
                { Ref: "AWS::Partition" },
                ":states:",
                { Ref: "AWS::Region" },
                ":",
                { Ref: "AWS::AccountId" },
                ":stateMachine:MetroPay-production-undo-order",
              ],
            ],
          },
        ],
      },
    }),
    Targets: [{ Arn: { "Fn::GetAtt": [Match.stringLikeRegexp("^UndofailedFunction"), "Arn"] } }],
  })
})

test("an event that cannot be handed over for a day, or that the function fails at, is kept for two weeks", () => {
  workers.allResourcesProperties("AWS::Events::Rule", {
    Targets: [
      {
        RetryPolicy: { MaximumEventAgeInSeconds: 24 * 3600, MaximumRetryAttempts: 185 },
        DeadLetterConfig: { Arn: lostEvents },
      },
    ],
  })
  workers.hasResourceProperties("AWS::Lambda::Function", {
    FunctionName: "MetroPay-production-undofailed",
    DeadLetterConfig: { TargetArn: lostEvents },
  })
  workers.allResourcesProperties("AWS::SQS::Queue", {
    MessageRetentionPeriod: 14 * 24 * 3600,
    SqsManagedSseEnabled: true,
  })
})

test("only the rule may call the function, and only the rule may put events aside", () => {
  const rule = { "Fn::GetAtt": [Match.stringLikeRegexp("^FailedUndosRule"), "Arn"] }
  workers.resourceCountIs("AWS::Lambda::Permission", 1)
  workers.allResourcesProperties("AWS::Lambda::Permission", {
    Action: "lambda:InvokeFunction",
    FunctionName: { "Fn::GetAtt": [Match.stringLikeRegexp("^UndofailedFunction"), "Arn"] },
    Principal: "events.amazonaws.com",
    SourceArn: rule,
  })
  const [policy] = Object.values(workers.findResources("AWS::SQS::QueuePolicy"))
  const allowed = policy?.Properties.PolicyDocument.Statement.filter(
    ({ Effect }: { Effect: string }) => Effect === "Allow",
  )
  assert.equal(allowed.length, 1)
  workers.allResourcesProperties("AWS::SQS::QueuePolicy", {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: lostEvents,
          Condition: { ArnEquals: { "aws:SourceArn": rule } },
        }),
      ]),
    },
  })
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { Match } from "aws-cdk-lib/assertions"
import { templatesOf } from "./test-templates.ts"

const { workers } = templatesOf({ stage: "production" })

for (const { workflow, construct, called } of [
  { workflow: "undo-order", construct: "FailedUndos", called: "undofailed" },
  { workflow: "finish-refund", construct: "FailedRefunds", called: "refundfailed" },
]) {
  const lost = { "Fn::GetAtt": [Match.stringLikeRegexp(`^${construct}Lost`), "Arn"] }
  const rule = { "Fn::GetAtt": [Match.stringLikeRegexp(`^${construct}Rule`), "Arn"] }
  const initial = called.charAt(0).toUpperCase() + called.slice(1)
  const fn = { "Fn::GetAtt": [Match.stringLikeRegexp(`^${initial}Function`), "Arn"] }

  test(`executions of ${workflow} that ended badly call ${called}, and no other events do`, () => {
    workers.hasResourceProperties("AWS::Events::Rule", {
      Name: `MetroPay-production-${workflow}-failed`,
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
                  `:stateMachine:MetroPay-production-${workflow}`,
                ],
              ],
            },
          ],
        },
      }),
      Targets: [
        {
          Arn: fn,
          RetryPolicy: { MaximumEventAgeInSeconds: 24 * 3600, MaximumRetryAttempts: 185 },
          DeadLetterConfig: { Arn: lost },
        },
      ],
    })
  })

  test(`an event of ${workflow} that the function fails at is kept for two weeks`, () => {
    workers.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: `MetroPay-production-${called}`,
      DeadLetterConfig: { TargetArn: lost },
    })
    workers.hasResourceProperties("AWS::SQS::Queue", {
      QueueName: `MetroPay-production-${workflow}-failed-lost`,
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
    })
  })

  test(`only its rule may call ${called}, and only its rule may put events aside`, () => {
    const callers = Object.values(workers.findResources("AWS::Lambda::Permission")).filter((it) =>
      it.Properties.FunctionName["Fn::GetAtt"][0].startsWith(`${initial}Function`),
    )
    assert.equal(callers.length, 1)
    workers.hasResourceProperties("AWS::Lambda::Permission", {
      Action: "lambda:InvokeFunction",
      FunctionName: fn,
      Principal: "events.amazonaws.com",
      SourceArn: rule,
    })
    const [policy] = Object.values(
      workers.findResources("AWS::SQS::QueuePolicy", {
        Properties: { Queues: [{ Ref: Match.stringLikeRegexp(`^${construct}Lost`) }] },
      }),
    )
    const allowed = policy?.Properties.PolicyDocument.Statement.filter(
      ({ Effect }: { Effect: string }) => Effect === "Allow",
    )
    assert.equal(allowed.length, 1)
    workers.hasResourceProperties("AWS::SQS::QueuePolicy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: "Allow",
            Principal: { Service: "events.amazonaws.com" },
            Action: "sqs:SendMessage",
            Resource: lost,
            Condition: { ArnEquals: { "aws:SourceArn": rule } },
          }),
        ]),
      },
    })
  })
}

test("no other events call anything", () => {
  workers.resourceCountIs("AWS::Events::Rule", 2)
})

import { test } from "node:test"
import { Match } from "aws-cdk-lib/assertions"
import { templatesOf } from "./test-templates.ts"

test("daily runs at one in the night and at one in the afternoon, Shanghai time, at the minute", () => {
  const { workers } = templatesOf({ stage: "production" })
  workers.resourceCountIs("AWS::Scheduler::Schedule", 1)
  workers.allResourcesProperties("AWS::Scheduler::Schedule", {
    Name: "MetroPay-production-daily",
    State: Match.absent(),
    ScheduleExpression: "cron(0 1,13 * * ? *)",
    ScheduleExpressionTimezone: "Asia/Shanghai",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: {
      Arn: { "Fn::GetAtt": [Match.stringLikeRegexp("^DailyFunction"), "Arn"] },
      RoleArn: { "Fn::GetAtt": [Match.stringLikeRegexp("^DailyScheduleRole"), "Arn"] },
      RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
    },
  })
})

test("when it runs is a setting", () => {
  const schedules = { daily: { cron: "30 4 * * ? *", timeZone: "Europe/Berlin" } }
  const { workers } = templatesOf({ stage: "test", schedules })
  workers.allResourcesProperties("AWS::Scheduler::Schedule", {
    ScheduleExpression: "cron(30 4 * * ? *)",
    ScheduleExpressionTimezone: "Europe/Berlin",
  })
})

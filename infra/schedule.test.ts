import { test } from "node:test"
import { Match } from "aws-cdk-lib/assertions"
import { templatesOf } from "./test-templates.ts"

const { workers } = templatesOf({ stage: "production" })

for (const [what, name, cron] of [
  ["daily runs at one in the night and at one in the afternoon", "daily", "0 1,13 * * ? *"],
  ["watch runs every five minutes", "watch", "0/5 * * * ? *"],
  ["the bills are made at two, and what is missing four more times", "bills", "0 2,4,8,14,20 * * ? *"],
  ["the platform's keys are looked after at ten in the morning", "platformKeys", "0 10 * * ? *"],
] as const) {
  test(`${what}, Shanghai time, at the minute`, () => {
    const schedule = `${name.charAt(0).toUpperCase()}${name.slice(1)}`
    const fn = `${name.charAt(0).toUpperCase()}${name.slice(1).toLowerCase()}`
    workers.hasResourceProperties("AWS::Scheduler::Schedule", {
      Name: `MetroPay-production-${name}`,
      State: Match.absent(),
      ScheduleExpression: `cron(${cron})`,
      ScheduleExpressionTimezone: "Asia/Shanghai",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: {
        Arn: { "Fn::GetAtt": [Match.stringLikeRegexp(`^${fn}Function`), "Arn"] },
        RoleArn: { "Fn::GetAtt": [Match.stringLikeRegexp(`^${schedule}ScheduleRole`), "Arn"] },
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
      },
    })
  })
}

test("nothing else runs by the clock", () => {
  workers.resourceCountIs("AWS::Scheduler::Schedule", 4)
})

test("when it runs is a setting", () => {
  const schedules = {
    daily: { cron: "30 4 * * ? *", timeZone: "Europe/Berlin" },
    watch: { cron: "0/2 * * * ? *", timeZone: "Europe/Berlin" },
    platformKeys: { cron: "0 7 * * ? *", timeZone: "Europe/Berlin" },
    bills: { cron: "0 3 * * ? *", timeZone: "Europe/Berlin" },
  }
  const { workers } = templatesOf({ stage: "test", schedules })
  workers.hasResourceProperties("AWS::Scheduler::Schedule", {
    ScheduleExpression: "cron(30 4 * * ? *)",
    ScheduleExpressionTimezone: "Europe/Berlin",
  })
})

import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler"
import { ArnFormat, Aws, Stack } from "aws-cdk-lib/core"
import { Construct } from "constructs"
import { allow } from "./permissions.ts"
import type { PlatformFunction } from "./platform-function.ts"
import type { ScheduleName, Settings } from "./settings.ts"

const GROUP = "default"

/** Calls the function at the times of the settings. A call that cannot be made for an hour is left to the next time. */
export class FunctionSchedule extends Construct {
  constructor(
    scope: Construct,
    worker: PlatformFunction,
    name: ScheduleName,
    { stage, schedules }: Pick<Settings, "stage" | "schedules">,
  ) {
    super(scope, `${name.charAt(0).toUpperCase()}${name.slice(1)}Schedule`)
    const role = schedulerRole(this)
    allow(role, "Call", "lambda", ["InvokeFunction"], [worker.lambda.functionArn])
    const schedule = new CfnSchedule(this, "Schedule", {
      name: `MetroPay-${stage}-${name}`,
      groupName: GROUP,
      scheduleExpression: `cron(${schedules[name].cron})`,
      scheduleExpressionTimezone: schedules[name].timeZone,
      flexibleTimeWindow: { mode: "OFF" },
      target: {
        arn: worker.lambda.functionArn,
        roleArn: role.roleArn,
        retryPolicy: { maximumEventAgeInSeconds: 60 * 60, maximumRetryAttempts: 10 },
      },
    })
    schedule.node.addDependency(role)
  }
}

/** Taken on for this account's schedules only, so that nobody else's can use it. Scheduler knows groups here, no schedules. */
function schedulerRole(scope: Construct): Role {
  const group = Stack.of(scope).formatArn({
    service: "scheduler",
    resource: "schedule-group",
    resourceName: GROUP,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  })
  return new Role(scope, "Role", {
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group } },
    }),
  })
}

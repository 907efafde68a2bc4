import type { Role } from "aws-cdk-lib/aws-iam"
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam"
import type { PlatformData } from "./data-stack.ts"
import type { FunctionRow } from "./function-table.ts"

/**
 * Gives a function's role what its row in the table says, one statement a resource. The CDK's own `grant…` methods are not
 * used: they would add the tables' indexes, describing, and wildcards.
 */
export function permit(role: Role, row: FunctionRow, data: PlatformData): void {
  allow(role, "MainTable", "dynamodb", row.main, [data.mainTable.tableArn])
  allow(role, "SettingsTable", "dynamodb", row.settings, [data.settingsTable.tableArn])
  allow(role, "DataKey", "kms", row.dataKey, [data.dataKey.keyArn])
  allow(role, "RootKey", "kms", row.rootKey, [data.rootKey.keyArn])
  allow(
    role,
    "PollQueues",
    "sqs",
    row.pollQueues,
    Object.values(data.pollQueues).map((queue) => queue.queueArn),
  )
}

/** Adds a statement of its own, named `sid`; none where there are no actions. */
export function allow(
  role: Role,
  sid: string,
  service: string,
  actions: readonly string[] | undefined,
  resources: string[],
): void {
  if (!actions) return
  role.addToPolicy(
    new PolicyStatement({
      sid,
      effect: Effect.ALLOW,
      actions: actions.map((action) => `${service}:${action}`),
      resources,
    }),
  )
}

import type { Role } from "aws-cdk-lib/aws-iam"
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam"
import { Stack, Validations } from "aws-cdk-lib/core"
import type { PlatformData } from "./data-stack.ts"
import { DAY_INDEX } from "./data-stack.ts"
import type { FunctionRow } from "./function-table.ts"
import type { StageName } from "./settings.ts"
import { undoExecutionsArn, undoWorkflowArn } from "./undo-workflow-name.ts"

/**
 * Gives a function's role what its row in the table says, one statement a resource. The CDK's own `grant…` methods are not
 * used: they would add the tables' indexes, describing, and wildcards.
 */
export function permit(role: Role, row: FunctionRow, data: PlatformData, stage: StageName): void {
  const { mainTable, settingsTable, rootKey, pollQueues } = data
  allow(role, "MainTable", "dynamodb", row.main, [mainTable.tableArn])
  allow(role, "Days", "dynamodb", row.days, [`${mainTable.tableArn}/index/${DAY_INDEX}`])
  allow(role, "SettingsTable", "dynamodb", row.settings, [settingsTable.tableArn])
  allowUnwrapping(role, row, data)
  allow(role, "RootKey", "kms", row.rootKey, [rootKey.keyArn])
  const queues = Object.values(pollQueues).map(({ queue }) => queue.queueArn)
  allow(role, "PollQueues", "sqs", row.pollQueues, queues)
  allowUndoing(role, row, stage)
}

/** The purpose is part of what was encrypted: who may not name it cannot unwrap that key, whatever it got hold of. */
function allowUnwrapping(role: Role, { unwraps }: FunctionRow, { dataKey }: PlatformData): void {
  if (!unwraps) return
  role.addToPolicy(
    new PolicyStatement({
      sid: "DataKey",
      effect: Effect.ALLOW,
      actions: ["kms:Decrypt"],
      resources: [dataKey.keyArn],
      conditions: { StringEquals: { "kms:EncryptionContext:purpose": unwraps } },
    }),
  )
}

/** One action is about the workflow, the other about its executions. */
function allowUndoing(role: Role, { undoWorkflow = [] }: FunctionRow, stage: StageName): void {
  const stack = Stack.of(role)
  if (undoWorkflow.includes("StartExecution")) {
    allow(role, "StartUndoing", "states", ["StartExecution"], [undoWorkflowArn(stack, stage)])
  }
  if (!undoWorkflow.includes("DescribeExecution")) return
  const executions = undoExecutionsArn(stack, stage)
  allow(role, "SeeUndoing", "states", ["DescribeExecution"], [executions])
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${asNagNames(stack, executions)}]`,
    reason: "Executions of the one workflow, read only: each is named after its order when it is started.",
  })
}

/** cdk-nag names references in angle brackets. */
function asNagNames(stack: Stack, arn: string): string {
  const [separator, parts] = stack.resolve(arn)["Fn::Join"] as [string, (string | { Ref: string })[]]
  return parts.map((part) => (typeof part === "string" ? part : `<${part.Ref}>`)).join(separator)
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

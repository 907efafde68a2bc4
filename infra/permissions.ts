import type { Role } from "aws-cdk-lib/aws-iam"
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam"
import { Stack, Validations } from "aws-cdk-lib/core"
import type { PlatformData } from "./data-stack.ts"
import { DAY_INDEX } from "./data-stack.ts"
import type { FunctionRow } from "./function-table.ts"
import { allowObjects } from "./object-permissions.ts"
import type { StageName } from "./settings.ts"
import { executionsArn, WORKFLOWS, type WorkflowName, workflowArn } from "./workflow-names.ts"

/** How partitions of the audit log begin, as persistence/keys.ts names them. */
const AUDIT_PREFIX = "AUDIT#"

/** How partitions of the exceptions desk begin, as persistence/keys.ts names them. */
const DESK_PREFIX = "X#"

/** Partition of the platform's own keys, as persistence/keys.ts names it. */
const PLATFORM_PK = "PLATFORM"

/**
 * Gives a function's role what its row in the table says, one statement a resource. The CDK's own `grant…` methods are not
 * used: they would add the tables' indexes, describing, and wildcards.
 */
export function permit(role: Role, row: FunctionRow, data: PlatformData, stage: StageName): void {
  const { mainTable, settingsTable, dataKey, rootKey, pollQueues, failedRecords } = data
  allow(role, "MainTable", "dynamodb", row.main, [mainTable.tableArn])
  keepAuditLog(role, row, data)
  allowDesk(role, row, data)
  allow(role, "Days", "dynamodb", row.days, [`${mainTable.tableArn}/index/${DAY_INDEX}`])
  allow(role, "SettingsTable", "dynamodb", row.settings, [settingsTable.tableArn])
  allowPlatformKeys(role, row, data)
  allowUnwrapping(role, row, data)
  allowMaking(role, row, data)
  allow(role, "RootKey", "kms", row.rootKey, [rootKey.keyArn])
  const queues = Object.values(pollQueues).map(({ queue }) => queue.queueArn)
  allow(role, "PollQueues", "sqs", row.pollQueues, queues)
  const { first, repeats } = data.notificationQueues
  allow(role, "NotificationQueues", "sqs", row.notificationQueues, [first.queueArn, repeats.queueArn])
  for (const which of WORKFLOWS) allowWorkflow(role, row, which, stage)
  allow(role, "FailedRecords", "s3", row.failedRecords, [failedRecords.bucketArn])
  allowObjects(role, "Movements", data.movements, row.movements)
  allowObjects(role, "Bills", data.bills, row.bills)
  allow(role, "KeyStates", "kms", row.keyStates, [dataKey.keyArn, rootKey.keyArn])
}

/** What people did is written by people's own rights (the command line's) and by no function. */
function keepAuditLog(role: Role, { main = [] }: FunctionRow, { mainTable }: PlatformData): void {
  const writing = main.filter((action) => action === "PutItem" || action === "UpdateItem")
  if (writing.length === 0) return
  role.addToPolicy(
    new PolicyStatement({
      sid: "KeepAuditLog",
      effect: Effect.DENY,
      actions: writing.map((action) => `dynamodb:${action}`),
      resources: [mainTable.tableArn],
      conditions: { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": [`${AUDIT_PREFIX}*`] } },
    }),
  )
}

/** Its partitions of the main table: whoever only counts what waits for somebody reads no order and no customer. */
function allowDesk(role: Role, { desk }: FunctionRow, { mainTable }: PlatformData): void {
  if (!desk) return
  role.addToPolicy(
    new PolicyStatement({
      sid: "Desk",
      effect: Effect.ALLOW,
      actions: desk.map((action) => `dynamodb:${action}`),
      resources: [mainTable.tableArn],
      conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`${DESK_PREFIX}*`] } },
    }),
  )
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

/** By key pair where an answer is signed with it, else by itself; each for its purpose only. */
function allowMaking(role: Role, { makes }: FunctionRow, { dataKey }: PlatformData): void {
  for (const purpose of makes ?? []) {
    const kind = purpose === "metro-pay/answers" ? "Pair" : ""
    role.addToPolicy(
      new PolicyStatement({
        sid: `MakeKey${kind}`,
        effect: Effect.ALLOW,
        actions: [`kms:GenerateDataKey${kind}WithoutPlaintext`],
        resources: [dataKey.keyArn],
        conditions: { StringEquals: { "kms:EncryptionContext:purpose": [purpose] } },
      }),
    )
  }
}

/** Its partition of the settings table: in all others stand the merchants and what they may do. */
function allowPlatformKeys(role: Role, { platformKeys }: FunctionRow, { settingsTable }: PlatformData): void {
  if (!platformKeys) return
  role.addToPolicy(
    new PolicyStatement({
      sid: "PlatformKeys",
      effect: Effect.ALLOW,
      actions: platformKeys.map((action) => `dynamodb:${action}`),
      resources: [settingsTable.tableArn],
      conditions: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [PLATFORM_PK] } },
    }),
  )
}

/** One action is about the workflow, the other about its executions. */
function allowWorkflow(role: Role, { workflows }: FunctionRow, which: WorkflowName, stage: StageName): void {
  const stack = Stack.of(role)
  const actions = workflows?.[which] ?? []
  const subject = SUBJECTS[which]
  if (actions.includes("StartExecution")) {
    allow(role, `Start${subject}`, "states", ["StartExecution"], [workflowArn(stack, stage, which)])
  }
  if (!actions.includes("DescribeExecution")) return
  const executions = executionsArn(stack, stage, which)
  allow(role, `See${subject}`, "states", ["DescribeExecution"], [executions])
  Validations.of(role).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${asNagNames(stack, executions)}]`,
    reason:
      "Executions of the one workflow, read only: each is named after its order, refund or day when it is started.",
  })
}

const SUBJECTS: Readonly<Record<WorkflowName, string>> = {
  "undo-order": "Undoing",
  "finish-refund": "Refunding",
  "daily-bills": "Bills",
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

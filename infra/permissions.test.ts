import assert from "node:assert/strict"
import { test } from "node:test"
import type { Template } from "aws-cdk-lib/assertions"
import { templatesOf } from "./test-templates.ts"

const { data, api, workers } = templatesOf({ stage: "production" })
const stacks: Template[] = [api, workers]

type Statement = {
  Sid: string
  Effect: string
  Action: string | string[]
  Resource: unknown
  Condition?: Conditions
}
type Conditions = Record<string, Record<string, unknown>>
type Resource = { Type: string; Properties: Record<string, unknown> }

/** What a role may do, by resource as a person would name it: "Main.Arn" is the main table itself. */
type Permissions = Record<string, string[]>

const STATES = "arn:AWS::Partition:states:AWS::Region:AWS::AccountId"
const UNDO_WORKFLOW = `${STATES}:stateMachine:MetroPay-production-undo-order`
const REFUND_WORKFLOW = `${STATES}:stateMachine:MetroPay-production-finish-refund`
const REFUND_EXECUTIONS = `${STATES}:execution:MetroPay-production-finish-refund:*`
const BILLS_WORKFLOW = `${STATES}:stateMachine:MetroPay-production-daily-bills`
const BILLS_EXECUTIONS = `${STATES}:execution:MetroPay-production-daily-bills:*`
const UNDO_EXECUTIONS = `${STATES}:execution:MetroPay-production-undo-order:*`
const RECEIVES = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
const READS_STREAM: Permissions = {
  "Main.StreamArn": ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
  "*": ["dynamodb:ListStreams"],
  "FailedRecords.Arn": ["s3:ListBucket"],
  "FailedRecords.Arn/aws/lambda/*": ["s3:PutObject"],
}

/** Written out a second time on purpose: widening what a function may touch takes two edits. */
const EXPECTED: Record<string, Permissions> = {
  applypay: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
    "PollWechat.Arn": ["sqs:SendMessage"],
  },
  queryuid: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
  },
  orderquery: {
    "Main.Arn": ["dynamodb:GetItem"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
    "PollWechat.Arn": ["sqs:SendMessage"],
  },
  reverse: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
    [UNDO_WORKFLOW]: ["states:StartExecution"],
    [UNDO_EXECUTIONS]: ["states:DescribeExecution"],
  },
  refund: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
    "PollWechat.Arn": ["sqs:SendMessage"],
  },
  refundquery: {
    "Main.Arn": ["dynamodb:GetItem"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
    "PollWechat.Arn": ["sqs:SendMessage"],
  },
  bill: {
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
    "Movements.Arn": ["s3:ListBucket"],
    "Movements.Arn/runs/*": ["s3:GetObject"],
    "Bills.Arn": ["s3:ListBucket"],
    "Bills.Arn/bills/*": ["s3:GetObject"],
  },
  billdownload: {
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
    "Bills.Arn": ["s3:ListBucket"],
    "Bills.Arn/bills/*": ["s3:GetObject"],
  },
  billproof: {
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
    "Movements.Arn": ["s3:ListBucket"],
    "Movements.Arn/runs/*": ["s3:GetObject"],
    "Bills.Arn": ["s3:ListBucket"],
    "Bills.Arn/bills/*": ["s3:GetObject"],
  },
  bills: {
    [BILLS_WORKFLOW]: ["states:StartExecution"],
    [BILLS_EXECUTIONS]: ["states:DescribeExecution"],
  },
  makebills: {
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "RootKey.Arn": ["kms:Sign"],
    "Movements.Arn": ["s3:ListBucket"],
    "Movements.Arn/movements/*": ["s3:GetObject"],
    "Movements.Arn/work/*": ["s3:GetObject", "s3:PutObject"],
    "Movements.Arn/runs/*": ["s3:GetObject", "s3:PutObject"],
    "Movements.Arn/progress/*": ["s3:PutObject"],
    "Bills.Arn": ["s3:ListBucket"],
    "Bills.Arn/bills/*": ["s3:GetObject", "s3:PutObject"],
  },
  keys: {
    "Settings.Arn": ["dynamodb:GetItem"],
    "RootKey.Arn": ["kms:Sign"],
  },
  code: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data"],
  },
  payments: { "Main.Arn": ["dynamodb:GetItem"] },
  agreements: { "Main.Arn": ["dynamodb:Query", "dynamodb:UpdateItem"] },
  records: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data"],
  },
  memberships: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
    "Notifications.Arn": ["sqs:SendMessage"],
    "NotificationRepeats.Arn": ["sqs:SendMessage"],
  },
  phone: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data"],
  },
  notifywechat: {
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data"],
    "PollWechat.Arn": ["sqs:SendMessage"],
  },
  effects: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem"],
    "Settings.Arn": ["dynamodb:GetItem"],
    "Notifications.Arn": ["sqs:SendMessage"],
    "NotificationRepeats.Arn": ["sqs:SendMessage"],
    "Movements.Arn/movements/*": ["s3:PutObject"],
    ...READS_STREAM,
  },
  notify: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data, metro-pay/answers"],
    "Notifications.Arn": ["sqs:SendMessage", ...RECEIVES],
    "NotificationRepeats.Arn": ["sqs:SendMessage", ...RECEIVES],
    "NotificationDeadLetters.Arn": [...RECEIVES],
  },
  recovery: {
    "PollWechat.Arn": ["sqs:SendMessage"],
    ...READS_STREAM,
  },
  poll: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data"],
    "PollWechat.Arn": ["sqs:SendMessage", ...RECEIVES],
    [UNDO_WORKFLOW]: ["states:StartExecution"],
    [UNDO_EXECUTIONS]: ["states:DescribeExecution"],
    [REFUND_WORKFLOW]: ["states:StartExecution"],
    [REFUND_EXECUTIONS]: ["states:DescribeExecution"],
  },
  deadletters: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    "PollWechat.Arn": ["sqs:SendMessage"],
    "PollWechatDeadLetters.Arn": [...RECEIVES],
  },
  undo: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data"],
  },
  undofailed: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    [UNDO_WORKFLOW]: ["states:StartExecution"],
    [UNDO_EXECUTIONS]: ["states:DescribeExecution"],
    "FailedUndosLost.Arn": ["sqs:SendMessage"],
  },
  finishrefund: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data"],
  },
  refundfailed: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
    [REFUND_WORKFLOW]: ["states:StartExecution"],
    [REFUND_EXECUTIONS]: ["states:DescribeExecution"],
    "FailedRefundsLost.Arn": ["sqs:SendMessage"],
  },
  daily: {
    "Main.Arn": ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
    "Main.Arn/index/byDay": ["dynamodb:Query"],
    "Settings.Arn": ["dynamodb:GetItem", "dynamodb:Query"],
    "DataKey.Arn": ["kms:Decrypt for metro-pay/data"],
    "PollWechat.Arn": ["sqs:SendMessage"],
  },
  platformkeys: {
    "Settings.Arn": ["dynamodb:GetItem at PLATFORM", "dynamodb:UpdateItem at PLATFORM"],
    "DataKey.Arn": [
      "kms:GenerateDataKeyWithoutPlaintext for metro-pay/data",
      "kms:GenerateDataKeyPairWithoutPlaintext for metro-pay/answers",
    ],
  },
  watch: {
    "Main.Arn": ["dynamodb:Query at X#*"],
    "FailedRecords.Arn": ["s3:ListBucket"],
    "DataKey.Arn": ["kms:DescribeKey"],
    "RootKey.Arn": ["kms:DescribeKey"],
  },
}

test("each function may do what the table of this test says, and nothing else", () => {
  const found: Record<string, Permissions> = {}
  for (const stack of stacks) {
    for (const fn of resources(stack, "AWS::Lambda::Function")) {
      const name = String(fn.Properties.FunctionName).replace("MetroPay-production-", "")
      found[name] = permissions(stack, roleOf(fn))
    }
  }
  const withLogs = Object.entries(EXPECTED).map(([name, expected]) => {
    const log = `${name.charAt(0).toUpperCase()}${name.slice(1)}Log.Arn`
    return [name, { ...expected, [log]: ["logs:CreateLogStream", "logs:PutLogEvents"] }]
  })
  assert.deepEqual(found, Object.fromEntries(withLogs))
})

test("no function may write the audit log, whatever else it writes in the main table", () => {
  const found: Record<string, Statement[]> = {}
  for (const stack of stacks) {
    for (const fn of resources(stack, "AWS::Lambda::Function")) {
      const denied = statementsOf(stack, roleOf(fn)).filter(({ Effect }) => Effect === "Deny")
      if (denied.length > 0)
        found[String(fn.Properties.FunctionName).replace("MetroPay-production-", "")] = denied
    }
  }
  const writes = (action: string) => action === "dynamodb:PutItem" || action === "dynamodb:UpdateItem"
  const writers = Object.entries(EXPECTED).filter(([, permissions]) => permissions["Main.Arn"]?.some(writes))
  assert.ok(writers.length > 10)
  assert.deepEqual(Object.keys(found).sort(), writers.map(([name]) => name).sort())
  for (const [name, permissions] of writers) {
    const [denied, ...more] = found[name] ?? []
    assert.deepEqual(more, [], name)
    assert.deepEqual([denied?.Action].flat(), permissions["Main.Arn"]?.filter(writes), name)
    assert.equal(readable(denied?.Resource), "Main.Arn", name)
    assert.deepEqual(denied?.Condition, { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": ["AUDIT#*"] } })
  }
})

test("no two functions share a role, and no role has managed or inline policies besides its own", () => {
  for (const stack of stacks) {
    const functions = resources(stack, "AWS::Lambda::Function")
    assert.equal(new Set(functions.map(roleOf)).size, functions.length)
    for (const role of resources(stack, "AWS::IAM::Role"))
      assert.deepEqual(Object.keys(role.Properties), ["AssumeRolePolicyDocument"])
    for (const policy of resources(stack, "AWS::IAM::Policy"))
      assert.equal((policy.Properties.Roles as unknown[]).length, 1)
    assert.deepEqual(resources(stack, "AWS::IAM::ManagedPolicy"), [])
  }
})

test("only Lambda may take on the roles of functions", () => {
  for (const stack of stacks) {
    const ofFunctions = new Set(resources(stack, "AWS::Lambda::Function").map(roleOf))
    for (const [name, document] of trust(stack)) {
      if (!ofFunctions.has(`${name}.Arn`)) continue
      assert.deepEqual(document, [
        { Action: "sts:AssumeRole", Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" } },
      ])
    }
  }
})

const SCHEDULER = [
  {
    Action: "sts:AssumeRole",
    Effect: "Allow",
    Principal: { Service: "scheduler.amazonaws.com" },
    Condition: {
      StringEquals: {
        "aws:SourceAccount": "AWS::AccountId",
        "aws:SourceArn": "arn:AWS::Partition:scheduler:AWS::Region:AWS::AccountId:schedule-group/default",
      },
    },
  },
]

function onlyFor(workflow: string) {
  return [
    {
      Action: "sts:AssumeRole",
      Effect: "Allow",
      Principal: { Service: "states.amazonaws.com" },
      Condition: {
        ArnEquals: { "aws:SourceArn": workflow },
        StringEquals: { "aws:SourceAccount": "AWS::AccountId" },
      },
    },
  ]
}

test("the other roles are for one workflow and this account's schedules, and call one function each", () => {
  const ofFunctions = new Set(resources(workers, "AWS::Lambda::Function").map(roleOf))
  const others = [...trust(workers)].filter(([name]) => !ofFunctions.has(`${name}.Arn`))
  assert.deepEqual(Object.fromEntries(others), {
    UndoWorkflowRole: onlyFor(UNDO_WORKFLOW),
    RefundWorkflowRole: onlyFor(REFUND_WORKFLOW),
    BillsWorkflowRole: onlyFor(BILLS_WORKFLOW),
    DailyScheduleRole: SCHEDULER,
    WatchScheduleRole: SCHEDULER,
    PlatformKeysScheduleRole: SCHEDULER,
    BillsScheduleRole: SCHEDULER,
  })
  for (const [workflow, fn] of [
    ["Undo", "Undo"],
    ["Refund", "Finishrefund"],
    ["Bills", "Makebills"],
  ]) {
    assert.deepEqual(permissions(workers, `${workflow}WorkflowRole.Arn`), {
      [`${fn}Function.Arn`]: ["lambda:InvokeFunction"],
      // Step Functions demands these for its log and they know no resources.
      "*": [
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
      ],
    })
  }
  for (const [schedule, fn] of [
    ["Daily", "Daily"],
    ["Watch", "Watch"],
    ["PlatformKeys", "Platformkeys"],
    ["Bills", "Bills"],
  ]) {
    assert.deepEqual(permissions(workers, `${schedule}ScheduleRole.Arn`), {
      [`${fn}Function.Arn`]: ["lambda:InvokeFunction"],
    })
  }
})

test("API Gateway may call each function on its own routes of this API only", () => {
  const allowed = resources(api, "AWS::Lambda::Permission").map(({ Properties }) => {
    assert.equal(Properties.Action, "lambda:InvokeFunction")
    assert.equal(Properties.Principal, "apigateway.amazonaws.com")
    return readable(Properties.SourceArn)
  })
  assert.equal(allowed.length, resources(api, "AWS::ApiGatewayV2::Route").length)
  for (const source of allowed) assert.match(source, /:Api\/\*\/\*\/metro\/payment\/v1\/[a-z_/{}]+$/)
})

test("nothing but what is denied to all speaks of everybody", () => {
  const policies = [...resources(data, "AWS::S3::BucketPolicy"), ...resources(data, "AWS::SQS::QueuePolicy")]
  assert.equal(policies.length, 8)
  for (const policy of policies) {
    for (const { Effect } of statements(policy.Properties.PolicyDocument)) assert.equal(Effect, "Deny")
  }
})

function resources(template: Template, type: string): Resource[] {
  return Object.values(template.findResources(type)) as Resource[]
}

function statements(document: unknown): Statement[] {
  return (document as { Statement: Statement[] }).Statement
}

function roleOf(fn: Resource): string {
  return readable(fn.Properties.Role)
}

/** Who may take on each role, by its name; conditions as text. */
function trust(stack: Template): Map<string, Omit<Statement, "Sid" | "Resource">[]> {
  return new Map(
    Object.entries(stack.findResources("AWS::IAM::Role")).map(([logicalId, { Properties }]) => [
      readable({ Ref: logicalId }),
      statements(Properties.AssumeRolePolicyDocument).map(({ Sid: _, Condition, ...rest }) =>
        Condition === undefined ? rest : { ...rest, Condition: readableValues(Condition) },
      ),
    ]),
  )
}

function readableValues(conditions: Conditions): Conditions {
  return Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, value]) => [key, readable(value)])),
    ]),
  )
}

function statementsOf(stack: Template, role: string): Statement[] {
  const isOfRole = ({ Properties }: Resource) =>
    (Properties.Roles as unknown[]).some((name) => `${readable(name)}.Arn` === role)
  return resources(stack, "AWS::IAM::Policy")
    .filter(isOfRole)
    .flatMap(({ Properties }) => statements(Properties.PolicyDocument))
}

function permissions(stack: Template, role: string): Permissions {
  const found: Permissions = {}
  for (const { Effect, Action, Resource, Condition } of statementsOf(stack, role)) {
    if (Effect === "Deny") continue
    const actions = [Action].flat().map((action) => action + limits(Condition))
    for (const resource of [Resource].flat()) {
      found[readable(resource)] = [...(found[readable(resource)] ?? []), ...actions]
    }
  }
  return found
}

/** The two conditions there are: what keys are for, or the partitions that items stand in. */
function limits(condition: Conditions | undefined): string {
  if (condition === undefined) return ""
  const {
    StringEquals,
    "ForAllValues:StringEquals": exactly,
    "ForAllValues:StringLike": like,
    ...others
  } = condition
  const { "kms:EncryptionContext:purpose": purposes, ...otherKeys } = StringEquals ?? {}
  const { "dynamodb:LeadingKeys": partitions, ...otherLists } = exactly ?? like ?? {}
  assert.deepEqual([others, otherKeys, otherLists], [{}, {}, {}])
  assert.ok((purposes === undefined) !== (partitions === undefined))
  return purposes ? ` for ${[purposes].flat().join(", ")}` : ` at ${[partitions].flat().join(", ")}`
}

/** A value of a template as text: references by logical id without its hash, imports by what the other stack exports. */
function readable(value: unknown): string {
  if (typeof value === "string") return value
  const [kind, of] = Object.entries(value as Record<string, unknown>)[0] ?? []
  const unhashed = (logicalId: unknown) => String(logicalId).replace(/[0-9A-F]{8}$/, "")
  if (kind === "Ref") return unhashed(of)
  if (kind === "Fn::GetAtt") return `${unhashed((of as string[])[0])}.${(of as string[])[1]}`
  if (kind === "Fn::Join") return (of as [string, unknown[]])[1].map(readable).join("")
  assert.equal(kind, "Fn::ImportValue")
  const outputs = Object.values(data.findOutputs("*"))
  return readable(outputs.find((output) => output.Export?.Name === of)?.Value)
}

import assert from "node:assert/strict"
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { FUNCTION_NAMES } from "../infra/function-table.ts"
import { platformUnderTest, settingsOf } from "../infra/test-templates.ts"
import { type Blueprint, readBlueprint } from "./blueprint.ts"
import { matches } from "./event-pattern.ts"
import { readAssembly } from "./template.ts"
import { functionsOfWorkflow } from "./workflow-definition.ts"

const addresses = { sqs: "http://127.0.0.1:9324", api: "http://127.0.0.1:8787" }
const dir = mkdtempSync(join(tmpdir(), "blueprint-"))
let blueprint: Blueprint

before(() => {
  const { app } = platformUnderTest({ ...settingsOf({ stage: "local" }), templateChecks: false })
  blueprint = readBlueprint(readAssembly(app.synth().directory, addresses))
})
after(() => rmSync(dir, { recursive: true }))

const functionNamed = (name: string) => blueprint.functions.find((each) => each.name.endsWith(`-${name}`))

test("finds every function of the stacks, with its code and its variables resolved", () => {
  assert.equal(blueprint.functions.length, FUNCTION_NAMES.length)
  for (const { name, codeDir, handler, timeoutMs, environment } of blueprint.functions) {
    assert.ok(existsSync(join(codeDir, "index.mjs")), name)
    assert.equal(handler, "index.handler")
    assert.ok(timeoutMs >= 12_000, name)
    for (const [key, value] of Object.entries(environment))
      assert.doesNotMatch(value, /Fn::|\[object|\$\{/, key)
  }
  const { MAIN_TABLE, DATA_KEY_ID, ROOT_KEY_ID, POLL_QUEUES } = functionNamed("applypay")?.environment ?? {}
  const [main] = blueprint.tables.filter(({ input }) => input.StreamSpecification)
  assert.equal(MAIN_TABLE, main?.name)
  const keys = Object.fromEntries(blueprint.keys.map(({ keyId, spec }) => [keyId, spec]))
  assert.deepEqual([keys[DATA_KEY_ID ?? ""], keys[ROOT_KEY_ID ?? ""]], ["SYMMETRIC_DEFAULT", "RSA_2048"])
  assert.deepEqual(JSON.parse(POLL_QUEUES ?? ""), {
    wechat: "http://127.0.0.1:9324/000000000000/MetroPay-local-poll-wechat",
  })
})

test("routes lead to their functions", () => {
  const route = (routeKey: string) => blueprint.routes.find((each) => each.routeKey === routeKey)
  const applypay = route("POST /metro/payment/v1/api/qrcode/applypay")
  assert.equal(applypay?.functionName, functionNamed("applypay")?.name)
  assert.equal(applypay?.timeoutMs, 30_000)
  assert.equal(
    route("GET /metro/payment/v1/app/payments/{pay_id}")?.functionName,
    functionNamed("payments")?.name,
  )
})

test("tables come with index, stream and expiry, and a dead-letter queue with its limit", () => {
  const [main] = blueprint.tables.filter(({ ttlAttribute }) => ttlAttribute === "ttl")
  assert.equal(main?.input.StreamSpecification?.StreamViewType, "NEW_AND_OLD_IMAGES")
  assert.deepEqual(
    main?.input.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName),
    ["byDay"],
  )
  const poll = blueprint.queues.find(({ name }) => name === "MetroPay-local-poll-wechat")
  const redrive = JSON.parse(poll?.attributes.RedrivePolicy ?? "{}") as { deadLetterTargetArn?: string }
  assert.equal(
    redrive.deadLetterTargetArn,
    blueprint.queues.find(({ name }) => name === "MetroPay-local-poll-wechat-dead-letters")?.arn,
  )
})

test("workers are fed from the queues and the stream", () => {
  const fed = blueprint.queueMappings.map(({ functionName, queueName }) => [functionName, queueName])
  assert.deepEqual(fed.sort(), [
    [functionNamed("deadletters")?.name, "MetroPay-local-poll-wechat-dead-letters"],
    [functionNamed("notify")?.name, "MetroPay-local-notification-dead-letters"],
    [functionNamed("notify")?.name, "MetroPay-local-notification-repeats"],
    [functionNamed("notify")?.name, "MetroPay-local-notifications"],
    [functionNamed("poll")?.name, "MetroPay-local-poll-wechat"],
  ])
  const consumers = blueprint.streamMappings.map(({ functionName }) => functionName)
  assert.deepEqual(consumers.sort(), [functionNamed("effects")?.name, functionNamed("recovery")?.name])
  assert.equal(new Set(blueprint.streamMappings.map(({ id }) => id)).size, 2)
  for (const { tableName, bisect, reportItemFailures } of blueprint.streamMappings) {
    assert.equal(tableName, functionNamed("effects")?.environment.MAIN_TABLE)
    assert.deepEqual([bisect, reportItemFailures], [true, true])
  }
})

test("undoing is a workflow, told to the functions, that comes back by a rule when it fails", () => {
  const [workflow, refunding, billing, ...others] = blueprint.workflows
  assert.equal(others.length, 0)
  assert.deepEqual(refunding && functionsOfWorkflow(refunding), [functionNamed("finishrefund")?.name])
  const makebills = functionNamed("makebills")?.name
  assert.deepEqual(billing && new Set(functionsOfWorkflow(billing)), new Set([makebills]))
  assert.equal(workflow?.arn, functionNamed("reverse")?.environment.UNDO_WORKFLOW_ARN)
  assert.deepEqual(workflow && functionsOfWorkflow(workflow), [functionNamed("undo")?.name])
  assert.equal(workflow?.timeoutMs, 23 * 3_600_000)
  const [rule] = blueprint.rules
  const failed = { stateMachineArn: workflow?.arn, status: "TIMED_OUT" }
  const event = {
    source: "aws.states",
    "detail-type": "Step Functions Execution Status Change",
    detail: failed,
  }
  assert.deepEqual(
    [event, { ...event, detail: { ...failed, status: "SUCCEEDED" } }].map((each) =>
      rule ? matches(rule.pattern, each) : undefined,
    ),
    [true, false],
  )
  assert.deepEqual(rule?.targets, [{ functionName: functionNamed("undofailed")?.name, input: undefined }])
  const lost = functionNamed("undofailed")?.deadLetterQueue
  assert.ok(blueprint.queues.some(({ arn }) => arn === lost))
})

test("what runs by the clock has its schedule", () => {
  assert.deepEqual(
    blueprint.schedules.map(({ functionName, expression, timeZone }) => [functionName, expression, timeZone]),
    [
      [functionNamed("daily")?.name, "cron(0 1,13 * * ? *)", "Asia/Shanghai"],
      [functionNamed("bills")?.name, "cron(0 2,4,8,14,20 * * ? *)", "Asia/Shanghai"],
      [functionNamed("watch")?.name, "cron(0/5 * * * ? *)", "Asia/Shanghai"],
      [functionNamed("platformkeys")?.name, "cron(0 10 * * ? *)", "Asia/Shanghai"],
    ],
  )
})

/** An assembly of one stack with these resources. */
function assembly(name: string, resources: Record<string, { Type: string; Properties?: object }>) {
  const folder = join(dir, name)
  mkdirSync(folder)
  const artifacts = { One: { type: "aws:cloudformation:stack", properties: { templateFile: "One.json" } } }
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ artifacts }))
  writeFileSync(
    join(folder, "One.json"),
    JSON.stringify({ Resources: resources, Parameters: { P: { Default: "p" } } }),
  )
  return readAssembly(folder, addresses)
}

test("a resource that cannot be run here is named", () => {
  const pipe = assembly("pipe", { Undo: { Type: "AWS::Pipes::Pipe" } })
  assert.throws(() => readBlueprint(pipe), /Undo is an AWS::Pipes::Pipe, which the local platform cannot run/)
})

const SCHEDULE = {
  Type: "AWS::Scheduler::Schedule",
  Properties: {
    ScheduleExpression: "rate(1 hour)",
    Target: { Arn: "arn:aws:lambda:us-east-1:000000000000:function:gone" },
  },
}
const unknown: [
  what: string,
  resources: Record<string, { Type: string; Properties?: object }>,
  says: RegExp,
][] = [
  ["a schedule of a function that is not there", { Hourly: SCHEDULE }, /have no function gone/],
  [
    "a schedule of something else than a function",
    { Hourly: { ...SCHEDULE, Properties: { Target: { Arn: "arn:aws:sqs:us-east-1:000000000000:q" } } } },
    /Hourly: the target arn:aws:sqs:us-east-1:000000000000:q is not known/,
  ],
  [
    "a rule that matches in a way of its own",
    {
      Rule: {
        Type: "AWS::Events::Rule",
        Properties: { EventPattern: { detail: { status: [{ "anything-but": "RUNNING" }] } } },
      },
    },
    /event pattern {"anything-but":"RUNNING"} is not known/,
  ],
  [
    "a rule that changes the event",
    {
      Rule: {
        Type: "AWS::Events::Rule",
        Properties: { EventPattern: {}, Targets: [{ Arn: "x", InputPath: "$.detail" }] },
      },
    },
    /Rule: changing an event is not known/,
  ],
  [
    "a source with filters",
    {
      Feed: {
        Type: "AWS::Lambda::EventSourceMapping",
        Properties: { FilterCriteria: { Filters: [] }, EventSourceArn: "arn:aws:sqs:us-east-1:0:q" },
      },
    },
    /Feed: filters of event sources are not known/,
  ],
]
for (const [index, [what, resources, says]] of unknown.entries()) {
  test(`${what} ends the start by name`, () => {
    assert.throws(() => readBlueprint(assembly(`unknown${index}`, resources)), says)
  })
}

test("expressions come to what CloudFormation makes of them", () => {
  const { resolve } = assembly("expressions", {
    Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: "q" } },
    Table: { Type: "AWS::DynamoDB::Table" },
  })
  const dollar = "$"
  const cases: [unknown, unknown][] = [
    [{ Ref: "Queue" }, "http://127.0.0.1:9324/000000000000/q"],
    [{ "Fn::GetAtt": ["Queue", "Arn"] }, "arn:aws:sqs:us-east-1:000000000000:q"],
    [{ "Fn::GetAtt": "Table.Arn" }, "arn:aws:dynamodb:us-east-1:000000000000:table/One-Table"],
    [{ Ref: "P" }, "p"],
    [{ "Fn::Join": ["-", ["a", { Ref: "AWS::Region" }, 1]] }, "a-us-east-1-1"],
    [{ "Fn::Select": ["1", { "Fn::Split": ["/", "a/b/c"] }] }, "b"],
    [
      { "Fn::Sub": `${dollar}{AWS::Partition}:${dollar}{Queue.QueueName}:${dollar}{!kept}` },
      `aws:q:${dollar}{kept}`,
    ],
    [
      { "Fn::Sub": [`${dollar}{x}/${dollar}{Table}`, { x: { Ref: "AWS::AccountId" } }] },
      "000000000000/One-Table",
    ],
    [{ a: { Ref: "AWS::NoValue" }, b: [{ Ref: "AWS::NoValue" }, 2] }, { b: [2] }],
  ]
  for (const [expression, value] of cases) assert.deepEqual(resolve("One", expression), value)
  assert.throws(() => resolve("One", { "Fn::If": ["a", 1, 2] }), /Fn::If is not known/)
  assert.throws(() => resolve("One", { Ref: "Nobody" }), /no resource Nobody/)
})

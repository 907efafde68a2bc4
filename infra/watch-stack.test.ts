import assert from "node:assert/strict"
import { test } from "node:test"
import type { Template } from "aws-cdk-lib/assertions"
import { Match } from "aws-cdk-lib/assertions"
import { FUNCTION_GROUPS, functionsIn } from "./function-groups.ts"
import { FUNCTION_NAMES } from "./function-table.ts"
import { settingsOf, templatesOf } from "./test-templates.ts"

const { watch } = templatesOf({ stage: "production" })

type Alarm = Record<string, unknown> & {
  AlarmName: string
  AlarmDescription: string
  Threshold: number
  Metrics?: unknown[]
}

function alarms(template: Template): Alarm[] {
  return Object.values(template.findResources("AWS::CloudWatch::Alarm")).map(({ Properties }) => Properties)
}

const readOf = (template: Template, name: string) =>
  alarms(template).find(({ AlarmName }) => AlarmName.endsWith(name))?.Threshold

const ONLY_OUR_ALARMS = {
  Effect: "Allow",
  Principal: { Service: "cloudwatch.amazonaws.com" },
  Condition: {
    StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
    ArnLike: {
      "aws:SourceArn": { "Fn::Join": ["", Match.arrayWith([":alarm:MetroPay-production-*"])] },
    },
  },
}

test("only this stage's alarms in this account may publish, by TLS, and what they say is encrypted", () => {
  watch.resourceCountIs("AWS::SNS::Topic", 1)
  watch.hasResourceProperties("AWS::SNS::Topic", {
    KmsMasterKeyId: { "Fn::GetAtt": [Match.stringLikeRegexp("^AlarmTopicKey"), "Arn"] },
  })
  watch.hasResourceProperties("AWS::SNS::TopicPolicy", {
    PolicyDocument: {
      Statement: [
        Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
        Match.objectLike({ ...ONLY_OUR_ALARMS, Action: "sns:Publish" }),
      ],
    },
  })
  watch.hasResourceProperties("AWS::KMS::Key", {
    EnableKeyRotation: true,
    KeyPolicy: {
      Statement: [
        Match.objectLike({ Action: "kms:*" }),
        Match.objectLike({ ...ONLY_OUR_ALARMS, Action: ["kms:Decrypt", "kms:GenerateDataKey*"] }),
      ],
    },
  })
})

test("nobody is written to unless the settings name somebody; the topic's ARN is an output", () => {
  watch.resourceCountIs("AWS::SNS::Subscription", 0)
  watch.hasOutput("AlarmTopicArn", { Value: { Ref: Match.stringLikeRegexp("^AlarmTopic") } })
  const { watch: told } = templatesOf({ stage: "test", alarmEmails: ["a@example.com", "b@example.com"] })
  told.resourceCountIs("AWS::SNS::Subscription", 2)
  told.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "email", Endpoint: "a@example.com" })
  assert.throws(() => settingsOf({ stage: "test", alarmEmails: ["+86 138 0000 0000"] }), /alarmEmails/)
})

test("each alarm tells the topic when it goes on and when it goes off, and says what it means and what to do", () => {
  assert.ok(alarms(watch).length > 25)
  for (const { AlarmName, AlarmDescription, AlarmActions, OKActions } of alarms(watch)) {
    assert.deepEqual(
      AlarmActions,
      [{ Ref: Object.keys(watch.findResources("AWS::SNS::Topic"))[0] }],
      AlarmName,
    )
    assert.deepEqual(OKActions, AlarmActions, AlarmName)
    assert.match(AlarmDescription, /^[^.]{40,}\. What to do: docs\/runbooks\/[a-z-]+\.md$/, AlarmName)
  }
})

test("no alarm looks at more than CloudWatch allows: ten metrics", () => {
  for (const { AlarmName, Metrics = [] } of alarms(watch)) {
    const metrics = Metrics.filter((it) => "MetricStat" in (it as object))
    assert.ok(metrics.length <= 10, AlarmName)
  }
})

test("every function stands in one group", () => {
  const grouped = FUNCTION_GROUPS.flatMap(functionsIn)
  assert.deepEqual([...grouped].sort(), [...FUNCTION_NAMES].sort())
})

test("every function's errors make an alarm", () => {
  const watched = JSON.stringify(alarms(watch).filter(({ AlarmName }) => AlarmName.endsWith("-failing")))
  for (const name of FUNCTION_NAMES) assert.ok(watched.includes(`"MetroPay-production-${name}"`), name)
})

test("where alarms go off is a setting, and a wrong name is refused", () => {
  const { watch: set } = templatesOf({
    stage: "test",
    alarmLimits: { exceptionMinutes: 30, systemErrors: 1 },
  })
  assert.equal(readOf(set, "exception-old"), 30 * 60)
  assert.equal(readOf(set, "payments-broken"), 1)
  assert.equal(readOf(set, "signatures-refused"), readOf(watch, "signatures-refused"))
  assert.throws(() => settingsOf({ stage: "test", alarmLimits: { exceptionHours: 1 } }), /alarmLimits/)
})

test("the age that a signing key must not reach follows the setting of its rotation", () => {
  const { watch: set } = templatesOf({ stage: "test", tuning: { signingKeyDays: 30 } })
  assert.deepEqual([readOf(watch, "signing-key-old"), readOf(set, "signing-key-old")], [97, 37])
})

test("nothing here hinders changing another stack: of those it needs no more than tables, queues and the API", () => {
  const imports = new Set(JSON.stringify(watch.toJSON()).match(/"Fn::ImportValue":"[^"]+"/g))
  for (const each of imports) assert.match(each, /-Data:|-Api:ExportsOutputRefApi[0-9A-F]{8}/)
})

test("there is one dashboard, with the payments of each channel", () => {
  watch.resourceCountIs("AWS::CloudWatch::Dashboard", 1)
  const [dashboard] = Object.values(watch.findResources("AWS::CloudWatch::Dashboard"))
  const body = JSON.stringify(dashboard?.Properties.DashboardBody)
  for (const title of ["wechat: payments", "wechat: time to certainty", "Desk: now", "Tables: throttled"])
    assert.ok(body.includes(title), title)
})

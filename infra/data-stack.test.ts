import assert from "node:assert/strict"
import { test } from "node:test"
import { Match } from "aws-cdk-lib/assertions"
import { DAY_INDEX } from "../persistence/keys.ts"
import { platformUnderTest, settingsOf, templatesOf } from "./test-templates.ts"

const production = templatesOf({ stage: "production" }).data

test("the main table has the keys, index, stream and lifetime that the stores rely on", () => {
  production.hasResourceProperties("AWS::DynamoDB::Table", {
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: DAY_INDEX,
        KeySchema: [
          { AttributeName: "gpk", KeyType: "HASH" },
          { AttributeName: "gsk", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
    StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" },
    TimeToLiveSpecification: { AttributeName: "ttl", Enabled: true },
  })
})

test("the settings table has no stream: nothing follows from a setting by itself", () => {
  production.hasResourceProperties("AWS::DynamoDB::Table", {
    StreamSpecification: Match.absent(),
    GlobalSecondaryIndexes: Match.absent(),
  })
})

test("both tables are on demand and can be restored to any second", () => {
  production.resourceCountIs("AWS::DynamoDB::Table", 2)
  production.allResourcesProperties("AWS::DynamoDB::Table", {
    BillingMode: "PAY_PER_REQUEST",
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  })
})

test("in production tables, keys and failed records outlive their stack, and the stack refuses to go", () => {
  for (const type of ["AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket"]) {
    production.allResources(type, { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" })
  }
  production.allResourcesProperties("AWS::DynamoDB::Table", { DeletionProtectionEnabled: true })
  assert.equal(platformUnderTest(settingsOf({ stage: "production" })).data.terminationProtection, true)
})

test("in other stages nothing stays behind", () => {
  for (const stage of ["test", "local"]) {
    const { data } = templatesOf({ stage })
    for (const type of ["AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket"])
      data.allResources(type, { DeletionPolicy: "Delete" })
    data.allResourcesProperties("AWS::DynamoDB::Table", { DeletionProtectionEnabled: false })
  }
})

test("one key rotates and encrypts, the other signs with RSA-2048", () => {
  production.resourceCountIs("AWS::KMS::Key", 2)
  production.hasResourceProperties("AWS::KMS::Key", {
    EnableKeyRotation: true,
    KeySpec: Match.absent(),
    KeyUsage: Match.absent(),
  })
  production.hasResourceProperties("AWS::KMS::Key", { KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" })
})

test("the bucket is private, encrypted and spoken to by TLS only", () => {
  production.allResourcesProperties("AWS::S3::Bucket", {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
  })
  production.allResourcesProperties("AWS::S3::BucketPolicy", withoutTlsDenied("s3:*"))
})

test("queues are encrypted and spoken to by TLS only", () => {
  production.resourceCountIs("AWS::SQS::Queue", 5)
  production.allResourcesProperties("AWS::SQS::Queue", { SqsManagedSseEnabled: true })
  production.resourceCountIs("AWS::SQS::QueuePolicy", 5)
  production.allResourcesProperties("AWS::SQS::QueuePolicy", withoutTlsDenied("sqs:*"))
})

test("notifications have queues for first attempts and for what may wait, and their dead letters are kept 14 days", () => {
  for (const name of ["notifications", "notification-repeats"]) {
    production.hasResourceProperties("AWS::SQS::Queue", {
      QueueName: `MetroPay-production-${name}`,
      VisibilityTimeout: 6 * 12,
      MessageRetentionPeriod: 14 * 24 * 3600,
      RedrivePolicy: {
        maxReceiveCount: 5,
        deadLetterTargetArn: { "Fn::GetAtt": [Match.stringLikeRegexp("^NotificationDeadLetters"), "Arn"] },
      },
    })
  }
  production.hasResourceProperties("AWS::SQS::Queue", {
    QueueName: "MetroPay-production-notification-dead-letters",
    MessageRetentionPeriod: 14 * 24 * 3600,
    RedrivePolicy: Match.absent(),
  })
})

test("each channel has a poll queue with dead letters that are kept 14 days", () => {
  production.hasResourceProperties("AWS::SQS::Queue", {
    QueueName: "MetroPay-production-poll-wechat",
    VisibilityTimeout: 6 * 12,
    RedrivePolicy: {
      maxReceiveCount: 5,
      deadLetterTargetArn: { "Fn::GetAtt": [Match.stringLikeRegexp("^PollWechatDeadLetters"), "Arn"] },
    },
  })
  production.hasResourceProperties("AWS::SQS::Queue", {
    QueueName: "MetroPay-production-poll-wechat-dead-letters",
    MessageRetentionPeriod: 14 * 24 * 3600,
    // Its reader's failures come back: they must not end anywhere, nor come back while it still works on them.
    RedrivePolicy: Match.absent(),
    VisibilityTimeout: 5 * 60,
  })
})

test("the outputs name tables and keys", () => {
  for (const output of ["MainTableName", "SettingsTableName", "DataKeyId", "RootKeyId"])
    production.hasOutput(output, {})
})

function withoutTlsDenied(action: string): unknown {
  const statement = {
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: action,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  }
  return { PolicyDocument: { Statement: [Match.objectLike(statement)] } }
}

import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from "aws-cdk-lib/aws-dynamodb"
import { Key, KeySpec, KeyUsage } from "aws-cdk-lib/aws-kms"
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3"
import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib/core"
import type { Construct } from "constructs"
import { billsBucket, movementsBucket } from "./bill-buckets.ts"
import { type NotificationQueues, notificationQueues } from "./notification-queues.ts"
import type { PollQueue } from "./poll-queue.ts"
import { pollQueue } from "./poll-queue.ts"
import type { Settings } from "./settings.ts"
import { workflowArn } from "./workflow-names.ts"

/** Lists the orders of a day; the name that persistence/keys.ts knows it by. */
export const DAY_INDEX = "byDay"

/** What keeps state. It is deployed first; everything else can be torn down and made anew around it. */
export type PlatformData = {
  mainTable: Table
  settingsTable: Table
  /** Wraps the data keys under which secrets are encrypted. */
  dataKey: Key
  /** Signs the list of the platform's keys; its public half is in every merchant's configuration. */
  rootKey: Key
  /** Stream records that no retry could deliver. */
  failedRecords: Bucket
  /** What money moved, and what runs of the bills make of it on their way. */
  movements: Bucket
  /** The bills, which nobody can change or take away. */
  bills: Bucket
  /** By channel, with their dead letters. */
  pollQueues: Record<string, PollQueue>
  notificationQueues: NotificationQueues
}

export class DataStack extends Stack {
  readonly data: PlatformData

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, { terminationProtection: settings.keepData })
    const removalPolicy = settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
    this.data = {
      mainTable: mainTable(this, settings),
      settingsTable: new Table(this, "Settings", tableProps(settings)),
      dataKey: new Key(this, "DataKey", {
        description: "Metro Pay: wraps the data keys of secrets",
        enableKeyRotation: true,
        removalPolicy,
      }),
      rootKey: new Key(this, "RootKey", {
        description: "Metro Pay: signs the list of the platform's keys",
        keySpec: KeySpec.RSA_2048,
        keyUsage: KeyUsage.SIGN_VERIFY,
        removalPolicy,
      }),
      failedRecords: failedRecordsBucket(this, removalPolicy),
      movements: movementsBucket(this, settings),
      bills: billsBucket(this, settings),
      pollQueues: Object.fromEntries(
        Object.keys(settings.channelUrls).map((channel) => [
          channel,
          pollQueue(this, settings.stage, channel),
        ]),
      ),
      notificationQueues: notificationQueues(this, settings.stage),
    }
    new CfnOutput(this, "MainTableName", { value: this.data.mainTable.tableName })
    new CfnOutput(this, "SettingsTableName", { value: this.data.settingsTable.tableName })
    new CfnOutput(this, "DataKeyId", { value: this.data.dataKey.keyId })
    new CfnOutput(this, "RootKeyId", { value: this.data.rootKey.keyId })
    // What the operators' command line speaks to the stage with.
    const queueUrls = Object.entries(this.data.pollQueues).map(([channel, { queue }]) => [
      channel,
      queue.queueUrl,
    ])
    new CfnOutput(this, "PollQueues", { value: this.toJsonString(Object.fromEntries(queueUrls)) })
    const { first, repeats } = this.data.notificationQueues
    new CfnOutput(this, "NotificationQueues", {
      value: this.toJsonString({ first: first.queueUrl, repeats: repeats.queueUrl }),
    })
    new CfnOutput(this, "ChannelUrls", { value: JSON.stringify(settings.channelUrls) })
    new CfnOutput(this, "UndoWorkflowArn", { value: workflowArn(this, settings.stage, "undo-order") })
    new CfnOutput(this, "RefundWorkflowArn", { value: workflowArn(this, settings.stage, "finish-refund") })
    new CfnOutput(this, "MovementsBucketName", { value: this.data.movements.bucketName })
    new CfnOutput(this, "BillsBucketName", { value: this.data.bills.bucketName })
    new CfnOutput(this, "Speed", { value: String(settings.speed) })
    new CfnOutput(this, "Tuning", { value: JSON.stringify(settings.tuning ?? {}) })
  }
}

/**
 * Encrypted by DynamoDB's own key: a key of ours would cost a KMS call for each function instance every five minutes, need
 * kms:Decrypt in every role, and switch paying off with it when it is throttled or disabled. What must stay secret from
 * whoever can read the table is encrypted by the functions under the data key anyway.
 */
function tableProps(settings: Settings) {
  return {
    partitionKey: { name: "pk", type: AttributeType.STRING },
    sortKey: { name: "sk", type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.DEFAULT,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: settings.keepData,
    removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  }
}

function mainTable(scope: Construct, settings: Settings): Table {
  const table = new Table(scope, "Main", {
    ...tableProps(settings),
    stream: StreamViewType.NEW_AND_OLD_IMAGES,
    // Tidies up only: expired items stay readable for hours, so nothing relies on it.
    timeToLiveAttribute: "ttl",
  })
  table.addGlobalSecondaryIndex({
    indexName: DAY_INDEX,
    partitionKey: { name: "gpk", type: AttributeType.STRING },
    sortKey: { name: "gsk", type: AttributeType.STRING },
    projectionType: ProjectionType.KEYS_ONLY,
  })
  return table
}

function failedRecordsBucket(scope: Construct, removalPolicy: RemovalPolicy): Bucket {
  const bucket = new Bucket(scope, "FailedRecords", {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    // Long enough to be replayed; after that the orders themselves are the record.
    lifecycleRules: [
      { expiration: Duration.days(90), abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
    removalPolicy,
  })
  Validations.of(bucket).acknowledge({
    id: "AwsSolutions-S1",
    reason:
      "Closed to the public, written by one role, empty unless something broke, and emptied after 90 days; reads are watched by the account's CloudTrail data events rather than by a second bucket that would need the same care.",
  })
  return bucket
}

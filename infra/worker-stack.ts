import { EventSourceMapping, StartingPosition } from "aws-cdk-lib/aws-lambda"
import type { Bucket } from "aws-cdk-lib/aws-s3"
import { Duration, Stack, Validations } from "aws-cdk-lib/core"
import type { Construct } from "constructs"
import type { PlatformData } from "./data-stack.ts"
import { FUNCTION_NAMES, rowOf } from "./function-table.ts"
import { allow } from "./permissions.ts"
import { PlatformFunction } from "./platform-function.ts"
import type { Settings } from "./settings.ts"

/** What goes on after an answer was given: functions that no caller waits for. */
export class WorkerStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    settings: Settings,
    data: PlatformData,
    publicUrl: string,
    bundles: string,
  ) {
    super(scope, id)
    for (const name of FUNCTION_NAMES) {
      const { trigger } = rowOf(name)
      if (typeof trigger !== "string") continue
      const worker = new PlatformFunction(this, name, { settings, data, publicUrl, bundles })
      if (trigger === "poll queues") feedFromQueues(worker, data)
      else feedFromStream(worker, data)
    }
  }
}

function feedFromStream(worker: PlatformFunction, { mainTable, failedRecords }: PlatformData): void {
  const streamArn = mainTable.tableStreamArn
  if (!streamArn) throw new Error("The main table has no stream")
  allow(
    worker.role,
    "ReadStream",
    "dynamodb",
    ["DescribeStream", "GetRecords", "GetShardIterator"],
    [streamArn],
  )
  allow(worker.role, "FindStream", "dynamodb", ["ListStreams"], ["*"])
  allow(worker.role, "FailedRecordsBucket", "s3", ["ListBucket"], [failedRecords.bucketArn])
  allow(worker.role, "KeepFailedRecords", "s3", ["PutObject"], [failedRecords.arnForObjects("aws/lambda/*")])
  Validations.of(worker.role).acknowledge(
    {
      id: "AwsSolutions-IAM5[Resource::*]",
      reason:
        "ListStreams, which Lambda demands of a stream's consumer, knows no resources; it tells the names of streams and nothing of what is in them.",
    },
    {
      id: `AwsSolutions-IAM5[Resource::${exportName(failedRecords)}/aws/lambda/*]`,
      reason:
        "Lambda chooses the names of the objects below this prefix; the role may only add objects there, in a bucket of their own.",
    },
  )
  new EventSourceMapping(worker, "Stream", {
    target: worker.lambda,
    eventSourceArn: streamArn,
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 100,
    maxBatchingWindow: Duration.seconds(1),
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    // A record that cannot be delivered holds up its shard: it is given up long before the stream forgets it (24 h).
    retryAttempts: 20,
    maxRecordAge: Duration.hours(6),
    supportS3OnFailureDestination: true,
    onFailure: { bind: () => ({ destination: failedRecords.bucketArn }) },
  })
}

/** How a resource of the other stack stands in the template of this one, by which cdk-nag names what it finds. */
function exportName(bucket: Bucket): string {
  const owner = Stack.of(bucket)
  return owner.resolve(owner.exportValue(bucket.bucketArn))["Fn::ImportValue"]
}

function feedFromQueues(worker: PlatformFunction, { pollQueues }: PlatformData): void {
  const queues = Object.entries(pollQueues)
  allow(
    worker.role,
    "ReceiveFromPollQueues",
    "sqs",
    ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"],
    queues.map(([, queue]) => queue.queueArn),
  )
  for (const [channel, queue] of queues) {
    new EventSourceMapping(worker, `Queue ${channel}`, {
      target: worker.lambda,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    })
  }
}

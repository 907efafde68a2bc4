import { EventSourceMapping, StartingPosition } from "aws-cdk-lib/aws-lambda"
import type { Queue } from "aws-cdk-lib/aws-sqs"
import { Duration, Stack, Validations } from "aws-cdk-lib/core"
import type { Construct } from "constructs"
import { BillsWorkflow } from "./bills-workflow.ts"
import type { PlatformData } from "./data-stack.ts"
import { DeployedKeys } from "./deployed-keys.ts"
import { FailedExecutions } from "./failed-executions.ts"
import { FUNCTION_NAMES, rowOf } from "./function-table.ts"
import { exportName } from "./object-permissions.ts"
import { allow } from "./permissions.ts"
import { PlatformFunction } from "./platform-function.ts"
import { FunctionSchedule } from "./schedule.ts"
import type { Settings } from "./settings.ts"
import { StepWorkflow } from "./step-workflow.ts"

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
    super(scope, id, { terminationProtection: settings.keepData })
    for (const name of FUNCTION_NAMES) {
      const { trigger, atDeployment } = rowOf(name)
      if ("routes" in trigger) continue
      const worker = new PlatformFunction(this, name, { settings, data, publicUrl, bundles })
      const most = settings.reservedConcurrency?.[name]
      if ("stream" in trigger) feedFromStream(worker, data, trigger.gatherSeconds)
      else if ("queues" in trigger) feedFromQueues(worker, sourceQueues(data, trigger.queues), most)
      else if ("taskOf" in trigger) new StepWorkflow(this, worker, trigger.taskOf, settings)
      else if ("stepsOf" in trigger) new BillsWorkflow(this, worker, settings)
      else if ("failuresOf" in trigger) new FailedExecutions(this, worker, trigger.failuresOf, settings.stage)
      else new FunctionSchedule(this, worker, trigger.schedule, settings)
      if (atDeployment) new DeployedKeys(this, worker)
    }
  }
}

function feedFromStream(
  worker: PlatformFunction,
  { mainTable, failedRecords }: PlatformData,
  gatherSeconds: number,
): void {
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
    maxBatchingWindow: Duration.seconds(gatherSeconds),
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    // A record that cannot be delivered holds up its shard: it is given up long before the stream forgets it (24 h).
    retryAttempts: 20,
    maxRecordAge: Duration.hours(6),
    supportS3OnFailureDestination: true,
    onFailure: { bind: () => ({ destination: failedRecords.bucketArn }) },
  })
}

/** By channel, or by what they are for. */
function sourceQueues(
  { pollQueues, notificationQueues }: PlatformData,
  which: "polls" | "dead letters" | "notifications",
): [string, Queue][] {
  if (which === "notifications") return Object.entries(notificationQueues)
  return Object.entries(pollQueues).map(([channel, { queue, deadLetters }]) => [
    channel,
    which === "polls" ? queue : deadLetters,
  ])
}

/**
 * Where the function's concurrency is limited to `most`, the queues share it evenly and Lambda takes no more messages than
 * that: one it took and could not run would count as received, and a few such receives make a dead letter.
 */
function feedFromQueues(worker: PlatformFunction, queues: [string, Queue][], most?: number): void {
  allow(
    worker.role,
    "ReceiveFromQueues",
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
      maxConcurrency: most === undefined ? undefined : Math.floor(most / queues.length),
    })
  }
}

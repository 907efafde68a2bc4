import { join } from "node:path"
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam"
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  RuntimeFamily,
  SystemLogLevel,
  Tracing,
} from "aws-cdk-lib/aws-lambda"
import { LogGroup } from "aws-cdk-lib/aws-logs"
import { Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib/core"
import { Construct } from "constructs"
import type { PlatformData } from "./data-stack.ts"
import type { FunctionName } from "./function-table.ts"
import { rowOf } from "./function-table.ts"
import { countLogLines } from "./log-metrics.ts"
import { allow, permit } from "./permissions.ts"
import type { Settings } from "./settings.ts"
import { workflowArn } from "./workflow-names.ts"

/** The lease of an order (25 s) must outlast this and a channel's time-out (7 s) together. */
export const FUNCTION_TIMEOUT = Duration.seconds(12)

export const FUNCTION_MEMORY_MB = 512

/** What every function of a stage is made of. */
export type FunctionSurroundings = {
  settings: Settings
  data: PlatformData
  /** Without trailing slash; may be known only at deployment. */
  publicUrl: string
  /** Where the bundles are: functions/<name>/index.mjs. */
  bundles: string
}

/** A function of ours with its own role and its own log. The role may do what the function table says and write that log. */
export class PlatformFunction extends Construct {
  readonly lambda: LambdaFunction
  readonly role: Role

  constructor(
    scope: Construct,
    name: FunctionName,
    { settings, data, publicUrl, bundles }: FunctionSurroundings,
  ) {
    super(scope, `${name.charAt(0).toUpperCase()}${name.slice(1)}`)
    const logGroup = new LogGroup(this, "Log", {
      retention: settings.logDays,
      removalPolicy: settings.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    countLogLines(this, name, logGroup, settings.stage)
    this.role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") })
    const row = rowOf(name)
    permit(this.role, row, data, settings.stage)
    allow(this.role, "OwnLog", "logs", ["CreateLogStream", "PutLogEvents"], [logGroup.logGroupArn])
    this.lambda = new LambdaFunction(this, "Function", {
      functionName: `MetroPay-${settings.stage}-${name}`,
      code: Code.fromAsset(join(bundles, "functions", name)),
      handler: "index.handler",
      runtime: new Runtime(settings.runtime, RuntimeFamily.NODEJS),
      architecture: settings.architecture === "arm64" ? Architecture.ARM_64 : Architecture.X86_64,
      memorySize: row.memoryMb ?? FUNCTION_MEMORY_MB,
      timeout: row.timeoutMinutes === undefined ? FUNCTION_TIMEOUT : Duration.minutes(row.timeoutMinutes),
      reservedConcurrentExecutions: settings.reservedConcurrency?.[name],
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // Start and report lines of every call would cost more than what the function itself has to say.
      systemLogLevelV2: SystemLogLevel.WARN,
      tracing: settings.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      environment: environment(scope, settings, data, publicUrl),
    })
    Validations.of(this.lambda).acknowledge({
      id: "AwsSolutions-L1",
      reason: "The runtime is a setting: the China regions get new ones later.",
    })
    if (settings.tracing) {
      Validations.of(this.role).acknowledge({
        id: "AwsSolutions-IAM5[Resource::*]",
        reason: "Sending traces to X-Ray has no resource to name; the actions are the two that send.",
      })
    }
  }
}

/** The same for every function, so that no deployment depends on which one reads what; ids and addresses, no secrets. */
function environment(
  scope: Construct,
  settings: Settings,
  data: PlatformData,
  publicUrl: string,
): Record<string, string> {
  const queueUrls = Object.entries(data.pollQueues).map(([channel, { queue }]) => [channel, queue.queueUrl])
  return {
    STAGE: settings.stage,
    PUBLIC_URL: publicUrl,
    MAIN_TABLE: data.mainTable.tableName,
    SETTINGS_TABLE: data.settingsTable.tableName,
    DATA_KEY_ID: data.dataKey.keyId,
    ROOT_KEY_ID: data.rootKey.keyId,
    POLL_QUEUES: Stack.of(scope).toJsonString(Object.fromEntries(queueUrls)),
    NOTIFICATION_QUEUES: Stack.of(scope).toJsonString({
      first: data.notificationQueues.first.queueUrl,
      repeats: data.notificationQueues.repeats.queueUrl,
    }),
    ...(settings.notifyLoopback ? { NOTIFY_LOOPBACK: "true" } : {}),
    CHANNEL_URLS: JSON.stringify(settings.channelUrls),
    TOKEN_ISSUER: settings.token.issuer,
    TOKEN_AUDIENCE: settings.token.audience,
    TOKEN_JWKS_URL: settings.token.jwksUrl,
    SPEED: String(settings.speed),
    ...(settings.tuning ? { TUNING: JSON.stringify(settings.tuning) } : {}),
    // Functions load their tracer only then (infra/bundle.ts).
    ...(settings.tracing ? { POWERTOOLS_TRACE_ENABLED: "true" } : {}),
    UNDO_WORKFLOW_ARN: workflowArn(Stack.of(scope), settings.stage, "undo-order"),
    REFUND_WORKFLOW_ARN: workflowArn(Stack.of(scope), settings.stage, "finish-refund"),
    DAILY_BILLS_WORKFLOW_ARN: workflowArn(Stack.of(scope), settings.stage, "daily-bills"),
    FAILED_RECORDS_BUCKET: data.failedRecords.bucketName,
    MOVEMENTS_BUCKET: data.movements.bucketName,
    BILLS_BUCKET: data.bills.bucketName,
  }
}

/** What the templates want to run, as typed lists. A resource that could not be run here ends the start, by name. */
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb"
import type { RuleDefinition } from "./event-rules.ts"
import type { KeyDefinition, KeySpec, KeyUsage } from "./kms-keys.ts"
import type { ScheduleDefinition } from "./schedules.ts"
import { type Assembly, attributeOf, propertiesOf, type Resource, refOf } from "./template.ts"
import { ruleOf, scheduleOf, workflowOf } from "./trigger-resources.ts"
import { functionsOfWorkflow, type WorkflowDefinition } from "./workflow-definition.ts"

export type FunctionDefinition = {
  name: string
  arn: string
  codeDir: string
  /** "file.export", as in the template. */
  handler: string
  timeoutMs: number
  memoryMb: number
  environment: Record<string, string>
  /** ARN of the queue that gets the events which nobody waits for and it failed at. */
  deadLetterQueue?: string
}

export type RouteDefinition = { routeKey: string; functionName: string; timeoutMs: number }

export type TableDefinition = { name: string; input: CreateTableCommandInput; ttlAttribute?: string }

/** Attributes as CreateQueue takes them. */
export type QueueDefinition = { name: string; arn: string; url: string; attributes: Record<string, string> }

export type QueueMapping = {
  functionName: string
  queueName: string
  batchSize: number
  reportItemFailures: boolean
  maxConcurrency: number
}

export type StreamMapping = {
  /** Names the mapping's checkpoint: the same at every start. */
  id: string
  functionName: string
  tableName: string
  batchSize: number
  reportItemFailures: boolean
  bisect: boolean
  from: "TRIM_HORIZON" | "LATEST"
  /** Tries after the first; undefined: until the record is too old. */
  maxRetries?: number
  /** undefined: as long as the stream keeps the record. */
  maxAgeMs?: number
}

export type Blueprint = {
  functions: FunctionDefinition[]
  routes: RouteDefinition[]
  tables: TableDefinition[]
  queues: QueueDefinition[]
  /** By name. */
  buckets: string[]
  keys: KeyDefinition[]
  queueMappings: QueueMapping[]
  streamMappings: StreamMapping[]
  workflows: WorkflowDefinition[]
  rules: RuleDefinition[]
  schedules: ScheduleDefinition[]
}

/** Types that nothing is started for, and why. */
const NOT_RUN: Readonly<Record<string, string>> = {
  "AWS::ApiGatewayV2::Api": "the gateway serves the one HTTP API; its routes say all",
  "AWS::ApiGatewayV2::Integration": "read with its routes",
  "AWS::ApiGatewayV2::Stage":
    "$default has no path of its own; nobody throttles or logs access on one machine",
  "AWS::CDK::Metadata": "says which CDK wrote the template",
  "AWS::CloudWatch::Alarm": "read by watching/, which tells its state; nobody is on call for one machine",
  "AWS::CloudWatch::Dashboard": "GET /local/alarms is all there is to see",
  "AWS::IAM::ManagedPolicy": "as IAM::Policy",
  "AWS::IAM::Policy": "permissions hold in the cloud only; tests of the templates guard them",
  "AWS::IAM::Role": "as IAM::Policy",
  "AWS::KMS::Alias": "read with its key",
  "AWS::Lambda::Permission": "as IAM::Policy",
  "AWS::Logs::LogGroup": "functions log to files in the state folder",
  "AWS::Logs::MetricFilter": "read by watching/",
  "AWS::Logs::QueryDefinition": "as alarms",
  "AWS::S3::BucketPolicy": "as IAM::Policy",
  "AWS::Scheduler::ScheduleGroup": "is a name only",
  "AWS::SNS::Subscription": "as its topic",
  "AWS::SNS::Topic": "nobody is on call for one machine",
  "AWS::SNS::TopicPolicy": "as IAM::Policy",
  "AWS::SQS::QueuePolicy": "as IAM::Policy",
  "Custom::PlatformKeys": "the demo data makes the keys by the same use case, before the functions start",
}

/** CloudFormation's defaults: the reference pages of EventSourceMapping, Function and Integration. */
const DEFAULT_QUEUE_BATCH = 10
const DEFAULT_STREAM_BATCH = 100
const DEFAULT_FUNCTION_TIMEOUT_S = 3
const DEFAULT_FUNCTION_MEMORY_MB = 128
const DEFAULT_INTEGRATION_TIMEOUT_MS = 30_000
/** Lambda starts with five receivers a queue; more only under a load that one machine does not see. */
const DEFAULT_QUEUE_CONCURRENCY = 5

type Properties = Record<string, unknown>

/** Throws for a resource type or a setting that the local platform does not know how to run. */
export function readBlueprint(assembly: Assembly): Blueprint {
  const blueprint: Blueprint = {
    functions: [],
    routes: [],
    tables: [],
    queues: [],
    buckets: [],
    keys: [],
    queueMappings: [],
    streamMappings: [],
    workflows: [],
    rules: [],
    schedules: [],
  }
  for (const resource of assembly.resources) addResource(blueprint, assembly, resource)
  requireFunctions(blueprint)
  return blueprint
}

function addResource(blueprint: Blueprint, assembly: Assembly, resource: Resource): void {
  switch (resource.type) {
    case "AWS::Lambda::Function":
      blueprint.functions.push(functionOf(assembly, resource))
      return
    case "AWS::ApiGatewayV2::Route":
      blueprint.routes.push(routeOf(assembly, resource))
      return
    case "AWS::DynamoDB::Table":
      blueprint.tables.push(tableOf(assembly, resource))
      return
    case "AWS::SQS::Queue":
      blueprint.queues.push(queueOf(assembly, resource))
      return
    case "AWS::S3::Bucket":
      blueprint.buckets.push(refOf(assembly, resource))
      return
    case "AWS::KMS::Key":
      blueprint.keys.push(keyOf(assembly, resource))
      return
    case "AWS::Lambda::EventSourceMapping":
      addMapping(blueprint, assembly, resource)
      return
    case "AWS::StepFunctions::StateMachine":
      blueprint.workflows.push(workflowOf(assembly, resource))
      return
    case "AWS::Events::Rule":
      if (propertiesOf(assembly, resource).State !== "DISABLED")
        blueprint.rules.push(ruleOf(assembly, resource))
      return
    case "AWS::Scheduler::Schedule":
      if (propertiesOf(assembly, resource).State !== "DISABLED")
        blueprint.schedules.push(scheduleOf(assembly, resource))
      return
    default:
      if (!Object.hasOwn(NOT_RUN, resource.type)) {
        throw new Error(
          `${resource.stack}: ${resource.logicalId} is an ${resource.type}, which the local platform cannot run`,
        )
      }
  }
}

function functionOf(assembly: Assembly, resource: Resource): FunctionDefinition {
  const properties = propertiesOf(assembly, resource)
  const { Code, Environment, DeadLetterConfig } = properties as {
    Code: { S3Key: string }
    DeadLetterConfig?: { TargetArn?: string }
    Environment?: { Variables?: Properties }
  }
  const variables = Object.entries(Environment?.Variables ?? {}).map(
    ([key, value]) => [key, String(value)] as const,
  )
  return {
    name: refOf(assembly, resource),
    arn: attributeOf(assembly, resource, "Arn"),
    codeDir: assembly.assetDir(Code.S3Key),
    handler: String(properties.Handler),
    timeoutMs: number(properties.Timeout, DEFAULT_FUNCTION_TIMEOUT_S) * 1000,
    memoryMb: number(properties.MemorySize, DEFAULT_FUNCTION_MEMORY_MB),
    environment: Object.fromEntries(variables),
    deadLetterQueue: DeadLetterConfig?.TargetArn,
  }
}

function routeOf(assembly: Assembly, resource: Resource): RouteDefinition {
  const { RouteKey, Target, AuthorizationType } = propertiesOf(assembly, resource) as Record<
    string,
    string | undefined
  >
  if (AuthorizationType !== undefined && AuthorizationType !== "NONE") {
    throw new Error(
      `${resource.logicalId}: an authorizer (${AuthorizationType}) is not known to the local platform`,
    )
  }
  const integration = assembly.resources.find(
    ({ stack, type, logicalId }) =>
      stack === resource.stack &&
      type === "AWS::ApiGatewayV2::Integration" &&
      Target === `integrations/${logicalId}`,
  )
  if (!integration) throw new Error(`${resource.logicalId} leads to no integration`)
  const properties = propertiesOf(assembly, integration)
  if (properties.IntegrationType !== "AWS_PROXY" || properties.PayloadFormatVersion !== "2.0") {
    throw new Error(
      `${integration.logicalId}: only AWS_PROXY with payload format 2.0 is known to the local platform`,
    )
  }
  return {
    routeKey: String(RouteKey),
    functionName: lastPart(properties.IntegrationUri),
    timeoutMs: number(properties.TimeoutInMillis, DEFAULT_INTEGRATION_TIMEOUT_MS),
  }
}

function tableOf(assembly: Assembly, resource: Resource): TableDefinition {
  const properties = propertiesOf(assembly, resource) as Properties & {
    StreamSpecification?: Properties
    TimeToLiveSpecification?: { AttributeName?: string; Enabled?: boolean }
  }
  const { StreamSpecification: stream, TimeToLiveSpecification: ttl } = properties
  const kept = [
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
  ]
  const shape = Object.fromEntries(
    kept.flatMap((name) => (name in properties ? [[name, properties[name]]] : [])),
  )
  const name = refOf(assembly, resource)
  const input = {
    TableName: name,
    ...shape,
    ...(stream && { StreamSpecification: { ...stream, StreamEnabled: true } }),
  } as unknown as CreateTableCommandInput
  return { name, input, ...(ttl?.Enabled && ttl.AttributeName && { ttlAttribute: ttl.AttributeName }) }
}

function queueOf(assembly: Assembly, resource: Resource): QueueDefinition {
  const properties = propertiesOf(assembly, resource)
  const kept = [
    "DelaySeconds",
    "VisibilityTimeout",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "FifoQueue",
    "ContentBasedDeduplication",
  ]
  const attributes = kept.flatMap((name) => {
    const value = properties[name]
    if (value === undefined) return []
    return [[name, typeof value === "object" ? JSON.stringify(value) : String(value)]]
  })
  const name = attributeOf(assembly, resource, "QueueName")
  const arn = attributeOf(assembly, resource, "Arn")
  return { name, arn, url: refOf(assembly, resource), attributes: Object.fromEntries(attributes) }
}

function keyOf(assembly: Assembly, resource: Resource): KeyDefinition {
  const { KeySpec = "SYMMETRIC_DEFAULT", KeyUsage = "ENCRYPT_DECRYPT" } = propertiesOf(
    assembly,
    resource,
  ) as Record<string, string>
  if (
    `${KeySpec} ${KeyUsage}` !== "SYMMETRIC_DEFAULT ENCRYPT_DECRYPT" &&
    `${KeySpec} ${KeyUsage}` !== "RSA_2048 SIGN_VERIFY"
  ) {
    throw new Error(
      `${resource.logicalId}: a key ${KeySpec} for ${KeyUsage} is not known to the local platform`,
    )
  }
  const keyId = refOf(assembly, resource)
  const arn = attributeOf(assembly, resource, "Arn")
  const aliases = assembly.resources
    .filter(({ type }) => type === "AWS::KMS::Alias")
    .map((alias) => propertiesOf(assembly, alias) as { AliasName: string; TargetKeyId: string })
    .filter(({ TargetKeyId }) => TargetKeyId === keyId || TargetKeyId === arn)
    .map(({ AliasName }) => AliasName)
  return { keyId, arn, spec: KeySpec as KeySpec, usage: KeyUsage as KeyUsage, aliases }
}

function addMapping(blueprint: Blueprint, assembly: Assembly, resource: Resource): void {
  const properties = propertiesOf(assembly, resource)
  if (properties.Enabled === false) return
  if (properties.FilterCriteria !== undefined) {
    throw new Error(`${resource.logicalId}: filters of event sources are not known to the local platform`)
  }
  const source = String(properties.EventSourceArn)
  // A batching window saves invocations, which cost nothing here: what is there is delivered at once.
  const common = {
    functionName: lastPart(properties.FunctionName),
    reportItemFailures: ((properties.FunctionResponseTypes ?? []) as string[]).includes(
      "ReportBatchItemFailures",
    ),
  }
  if (source.startsWith("arn:aws:sqs:")) {
    const { MaximumConcurrency } = (properties.ScalingConfig ?? {}) as { MaximumConcurrency?: number }
    blueprint.queueMappings.push({
      ...common,
      queueName: lastPart(source),
      batchSize: number(properties.BatchSize, DEFAULT_QUEUE_BATCH),
      maxConcurrency: number(MaximumConcurrency, DEFAULT_QUEUE_CONCURRENCY),
    })
    return
  }
  const tableName = /:table\/([^/]+)\/stream\//.exec(source)?.[1]
  if (!tableName)
    throw new Error(`${resource.logicalId}: ${source} is no source that the local platform can read`)
  blueprint.streamMappings.push({
    ...common,
    id: resource.logicalId,
    tableName,
    ...streamSettings(properties),
  })
}

/** What is to be called must be there: a wrong name shows at the start, not in the night when a schedule comes due. */
function requireFunctions(blueprint: Blueprint): void {
  const names = new Set(blueprint.functions.map(({ name }) => name))
  const { routes, queueMappings, streamMappings, schedules, rules, workflows } = blueprint
  const called = [...routes, ...queueMappings, ...streamMappings, ...schedules]
    .map(({ functionName }) => functionName)
    .concat(rules.flatMap(({ targets }) => targets.map(({ functionName }) => functionName)))
    .concat(workflows.flatMap(functionsOfWorkflow))
  const missing = called.find((name) => !names.has(name))
  if (missing) throw new Error(`The templates have no function ${missing}`)
}

function streamSettings(properties: Properties) {
  return {
    batchSize: number(properties.BatchSize, DEFAULT_STREAM_BATCH),
    bisect: properties.BisectBatchOnFunctionError === true,
    from: properties.StartingPosition === "LATEST" ? ("LATEST" as const) : ("TRIM_HORIZON" as const),
    // -1 stands for "no limit" in both.
    maxRetries: limit(properties.MaximumRetryAttempts),
    maxAgeMs: limit(properties.MaximumRecordAgeInSeconds, 1000),
  }
}

function limit(value: unknown, unit = 1): number | undefined {
  const read = number(value, -1)
  return read < 0 ? undefined : read * unit
}

function number(value: unknown, otherwise: number): number {
  return value === undefined ? otherwise : Number(value)
}

/** A function or queue may be named by name or by ARN. */
function lastPart(arn: unknown): string {
  return String(arn).split(":").at(-1) ?? ""
}

/**
 * The whole platform on one machine: the deployed functions behind an HTTP API's front, fed by a stream and queues, as the
 * synthesized templates say. Here it is only put together; each part stands in a file of its own.
 */
import { mkdirSync } from "node:fs"
import { join, resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams"
import { KMSClient } from "@aws-sdk/client-kms"
import { SQSClient } from "@aws-sdk/client-sqs"
import { type Credentials, clientOptions, type Endpoints, LOCAL_REGION } from "./account.ts"
import { asyncInvocations } from "./async-invocations.ts"
import { type Blueprint, readBlueprint } from "./blueprint.ts"
import { channelPorts, type SimulatedChannels, startChannels } from "./channels.ts"
import { openClock, type PlatformClock } from "./clock.ts"
import { clockTimers } from "./clock-timers.ts"
import { publishConnection } from "./connection-file.ts"
import { seedDemoData } from "./demo-data.ts"
import { createTables, startDynamoDb } from "./dynamodb.ts"
import { executionEvents } from "./event-rules.ts"
import { keepFailedRecords } from "./failed-records.ts"
import { FunctionPool, type InvocationOutcome } from "./function-pool.ts"
import { type Gateway, type LocalCalls, listenGateway } from "./gateway.ts"
import { findJava } from "./java.ts"
import { startKms } from "./kms.ts"
import { openKeys } from "./kms-keys.ts"
import { localHelpers } from "./local-calls.ts"
import { openLogFile } from "./log-file.ts"
import { keepLostEvents } from "./lost-events.ts"
import { missedRuns } from "./missed-bills.ts"
import type { ObjectFolder } from "./object-files.ts"
import { armOpenNotifications } from "./open-notifications.ts"
import { armOpenOrders } from "./open-orders.ts"
import { deliverQueue } from "./queue-delivery.ts"
import { createQueues, startQueueServer } from "./queues.ts"
import { startRuntimeApi } from "./runtime-api.ts"
import { startS3 } from "./s3.ts"
import { runSchedules } from "./schedules.ts"
import { StartFault } from "./start-fault.ts"
import { openCredentials, openStateFolder } from "./state-folder.ts"
import { openCheckpoint } from "./stream-checkpoint.ts"
import { deliverStream, streamArnOf } from "./streams.ts"
import { synthesize } from "./synth.ts"
import { readAssembly } from "./template.ts"
import { openSite } from "./try-it/site.ts"
import { type Alarms, openAlarms } from "./watching/alarms.ts"
import { type PlatformSignals, platformSignals, queueGauges } from "./watching/platform-signals.ts"
import { readWatched, type WatchedResources } from "./watching/watched-resources.ts"
import { openWorkflows } from "./workflows.ts"
import { startWorkflowsApi } from "./workflows-api.ts"

export type PlatformOptions = {
  /** Of the front, on 127.0.0.1; 0 chooses a free one. */
  port: number
  /** The state folder; made if it is not there. */
  dataDir: string
  /** Every waiting plan is divided by it. */
  speed: number
  /** Empty the state folder first. */
  reset?: boolean
  /** Told, in a line each, what is going on. */
  log(line: string): void
}

export type Platform = {
  url: string
  port: number
  dataDir: string
  speed: number
  clock: PlatformClock
  endpoints: Endpoints
  /** They open this state folder's tables; any others see none. */
  credentials: Credentials
  tables: { main: string; settings: string }
  keyIds: { data: string; root: string }
  /** By channel. */
  pollQueues: Readonly<Record<string, string>>
  channels: SimulatedChannels["simulators"]
  /** Finishes the calls in flight, within two seconds, and ends everything that was started. */
  close(): Promise<void>
}

const CALLS_IN_FLIGHT_MS = 2_000
const CAUGHT_UP_WITHIN_MS = 3_000
const TOKEN_AUDIENCE = "metro-pay-app"

/** What was started so far, ended in turn when the start fails or the platform closes: the last one first. */
type Started = (() => unknown)[]

/** Answers when calls are answered. Throws a StartFault for what a person can put right, with nothing left running. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const started: Started = []
  try {
    return await start({ ...options, dataDir: resolve(options.dataDir) }, started)
  } catch (fault) {
    await endAll(started)
    throw fault
  }
}

async function start(options: PlatformOptions, started: Started): Promise<Platform> {
  const { dataDir, speed, log } = options
  const folder = openStateFolder(dataDir, { reset: options.reset ?? false })
  started.push(() => folder.release())
  const clock = openClock(join(dataDir, "clock.json"))
  const credentials = openCredentials(dataDir)
  const gateway = await openFront(options.port, clock)
  started.push(() => gateway.close(0))

  const parts = await startParts({ dataDir, speed, log, clock, url: gateway.url }, started)
  const { blueprint, watched, channels, dynamodbUrl, queuesUrl } = parts
  log("creating tables, queues and keys")
  const [kms] = await all([
    openKeys(join(dataDir, "kms"), blueprint.keys).then(startKms),
    createTables(dynamodbUrl, credentials, blueprint.tables),
    createQueues(queuesUrl, credentials, blueprint.queues),
  ])
  started.push(() => kms.close())
  const s3 = await startS3({ buckets: bucketFolders(blueprint, dataDir), credentials, nowMs: clock.nowMs })
  started.push(() => s3.close())
  const pools = new Map<string, FunctionPool>()
  const servers = { dynamodb: dynamodbUrl, kms: kms.url, s3: s3.url, sqs: queuesUrl }
  const clients = openClients(servers, credentials, started)
  const { alarms, signals } = startWatching({ blueprint, watched, clients, clock, log }, started)
  const invoke = async (functionName: string, event: string, requestId?: string) => {
    const begunMs = performance.now()
    const outcome = await poolOf(pools, functionName).invoke(event, requestId)
    signals.invoked(functionName, outcome, performance.now() - begunMs)
    return outcome
  }
  const sfn = await startWorkflows(
    { blueprint, dataDir, speed, log, clock, sqs: clients.sqs, invoke, signals },
    started,
  )
  const endpoints: Endpoints = { ...servers, sfn: sfn.url }
  const names = namesIn(blueprint)

  const seed = { dataDir, baseUrl: gateway.url, clock, ...names, ...clients, wechat: channels.wechat }
  await seedDemoData(seed)
  const tokens = { issuer: issuerOf(gateway.url), audience: TOKEN_AUDIENCE }
  const helpers = localHelpers({ ...seed, channels: channels.simulators, tokens })

  await openPools(pools, { blueprint, dataDir, clock, credentials, endpoints, alarms }, started)
  started.push(sfn.stop)
  const deliveries = await startDeliveries(
    { blueprint, dataDir, speed, log, clients, invoke, signals },
    started,
  )
  const tryIt = openSite({ ...seed, speed, channels: channels.simulators })
  gateway.open({
    routes: blueprint.routes,
    invoke,
    local: withAlarms(alarms, followedByClock(helpers, clock, deliveries)),
    tryIt,
    answered: signals.answered,
  })
  const armed = await armOpenOrders({
    ...clients,
    mainTable: names.tables.main,
    pollQueues: names.pollQueues,
  })
  const untold = await armOpenNotifications({
    ...clients,
    mainTable: names.tables.main,
    queueUrl: names.notificationQueues.repeats,
  })
  sfn.runSchedules()
  for (const name of missedRuns(blueprint, dataDir)) sfn.invokeAsync(name, "{}")
  if (untold > 0) log(`going on with ${untold} ${untold === 1 ? "notification" : "notifications"}`)
  if (armed > 0) log(`asking about ${armed} open ${armed === 1 ? "order" : "orders"}`)
  const environment = blueprint.functions[0]?.environment ?? {}
  started.push(publishConnection(dataDir, { environment, credentials, endpoints }))

  return {
    url: gateway.url,
    port: gateway.port,
    dataDir,
    speed,
    clock,
    endpoints,
    credentials,
    ...names,
    channels: channels.simulators,
    async close() {
      sfn.stop()
      await Promise.all([gateway.close(CALLS_IN_FLIGHT_MS), stopWithin(deliveries, CALLS_IN_FLIGHT_MS)])
      await endAll(started)
    },
  }
}

async function openFront(port: number, clock: PlatformClock): Promise<Gateway> {
  try {
    return await listenGateway(port, clock.nowMs)
  } catch (fault) {
    const { code, message } = fault as NodeJS.ErrnoException
    if (code === "EADDRINUSE") throw new StartFault(`port ${port} is in use: give another with --port`)
    throw new StartFault(
      `cannot listen on 127.0.0.1:${port}: ${code === "EACCES" ? "no permission" : message}`,
    )
  }
}

type Part = { dataDir: string; speed: number; log(line: string): void; clock: PlatformClock; url: string }

/** The slow ones, side by side: a JVM, the synthesis, and on a first start the keys of the channels. */
async function startParts({ dataDir, speed, log, clock, url }: Part, started: Started) {
  const java = await findJava(process.env)
  const logDir = join(dataDir, "logs")
  mkdirSync(logDir, { recursive: true })
  const channelDir = join(dataDir, "channels")
  const ports = await channelPorts(channelDir)
  const settings = {
    publicUrl: url,
    token: { issuer: issuerOf(url), audience: TOKEN_AUDIENCE, jwksUrl: `${issuerOf(url)}/jwks` },
    channelUrls: { wechat: `http://127.0.0.1:${ports.wechat}` },
    speed,
  }
  log("starting DynamoDB Local, queues and channels; synthesizing the templates")
  const [database, queueServer, channels, templates] = await all([
    startDynamoDb({ java, dir: join(dataDir, "dynamodb"), logFile: join(logDir, "dynamodb.log") }).then(
      (database) => {
        started.push(() => database.close())
        return database
      },
    ),
    startQueueServer(clock).then((server) => {
      started.push(() => server.close())
      return server
    }),
    startChannels({ dir: channelDir, ports, nowMs: clock.nowMs, speed }).then((channels) => {
      started.push(() => channels.close())
      return channels
    }),
    synthesize(dataDir, settings),
  ])
  const assembly = readAssembly(templates, { sqs: queueServer.url, api: url })
  const blueprint = readBlueprint(assembly)
  const watched = readWatched(assembly)
  return { blueprint, watched, channels, dynamodbUrl: database.url, queuesUrl: queueServer.url }
}

const failedRecordsIn = (dataDir: string) => join(dataDir, "failed-stream")

/** Failed records stand where people look for them; Lambda names them below its own prefix. */
function bucketFolders({ buckets, functions }: Blueprint, dataDir: string) {
  const failed = functions[0]?.environment.FAILED_RECORDS_BUCKET
  const folders = buckets.map((name) => [
    name,
    name === failed
      ? { dir: failedRecordsIn(dataDir), below: "aws/lambda/" }
      : { dir: join(dataDir, "objects", name) },
  ])
  return Object.fromEntries(folders) as Record<string, ObjectFolder>
}

const issuerOf = (url: string) => `${url}/local/issuer`

/** All functions have the same variables; what they are told is what the platform itself uses. */
function namesIn({ functions }: Blueprint) {
  const { MAIN_TABLE, SETTINGS_TABLE, DATA_KEY_ID, ROOT_KEY_ID, POLL_QUEUES, NOTIFICATION_QUEUES } =
    functions[0]?.environment ?? {}
  const named = MAIN_TABLE && SETTINGS_TABLE && DATA_KEY_ID && ROOT_KEY_ID
  if (!named || !POLL_QUEUES || !NOTIFICATION_QUEUES) {
    throw new Error("The templates' functions are not told their tables, keys and queues")
  }
  return {
    tables: { main: MAIN_TABLE, settings: SETTINGS_TABLE },
    keyIds: { data: DATA_KEY_ID, root: ROOT_KEY_ID },
    pollQueues: JSON.parse(POLL_QUEUES) as Record<string, string>,
    notificationQueues: JSON.parse(NOTIFICATION_QUEUES) as { first: string; repeats: string },
  }
}

type Clients = { dynamodb: DynamoDBClient; streams: DynamoDBStreamsClient; kms: KMSClient; sqs: SQSClient }

function openClients(endpoints: Omit<Endpoints, "sfn">, credentials: Credentials, started: Started): Clients {
  const clients = {
    dynamodb: new DynamoDBClient(clientOptions(endpoints.dynamodb, credentials)),
    streams: new DynamoDBStreamsClient(clientOptions(endpoints.dynamodb, credentials)),
    kms: new KMSClient(clientOptions(endpoints.kms, credentials)),
    sqs: new SQSClient(clientOptions(endpoints.sqs, credentials)),
  }
  started.push(() => {
    for (const client of Object.values(clients)) client.destroy()
  })
  return clients
}

type WatchingParts = {
  blueprint: Blueprint
  watched: WatchedResources
  clients: Clients
  clock: PlatformClock
  log(line: string): void
}

/** The alarms that the templates declare, and what they hear of the platform's parts. */
function startWatching({ blueprint, watched, clients, clock, log }: WatchingParts, started: Started) {
  const alarms = openAlarms(watched, {
    clock,
    timers: clockTimers(clock),
    measure: queueGauges({ sqs: clients.sqs, queues: blueprint.queues, nowMs: clock.nowMs }),
    changed: ({ name, state, description }) => log(`alarm ${name} is ${state}: ${description}`),
    warn: log,
  })
  started.push(() => alarms.close())
  return { alarms, signals: platformSignals(alarms.put) }
}

/** GET /local/alarms: what CloudWatch would show. */
function withAlarms(alarms: Alarms, others: LocalCalls): LocalCalls {
  return async (request) => {
    const asked = request.method === "GET" && request.path === "/local/alarms"
    return asked ? { status: 200, json: { alarms: alarms.report() } } : others(request)
  }
}

type WorkflowParts = {
  blueprint: Blueprint
  dataDir: string
  speed: number
  log(line: string): void
  clock: PlatformClock
  sqs: SQSClient
  invoke(functionName: string, event: string): Promise<InvocationOutcome>
  signals: PlatformSignals
}

/** Workflows, rules and schedules: everything that calls functions by the clock. `stop` may be called twice. */
async function startWorkflows(
  { blueprint, dataDir, speed, log, clock, sqs, invoke, signals }: WorkflowParts,
  started: Started,
) {
  const timers = clockTimers(clock)
  started.push(() => timers.close())
  const logOf = (name: string) => {
    const file = openLogFile(join(dataDir, "logs"), name)
    started.push(() => file.close())
    return file
  }
  const invokeAsync = asyncInvocations({
    timers,
    invoke,
    giveUp: keepLostEvents({ ...blueprint, sqs, dir: join(dataDir, "failed-events") }),
    warn: log,
    speed,
  })
  const follow = executionEvents(blueprint.rules, invokeAsync)
  const changed: typeof follow = (execution) => {
    signals.execution(execution)
    follow(execution)
  }
  const workflows = openWorkflows(blueprint.workflows, { clock, timers, invoke, speed, logOf, changed })
  const api = await startWorkflowsApi(workflows)
  started.push(() => api.close())
  return {
    url: api.url,
    invokeAsync,
    runSchedules: () => runSchedules(blueprint.schedules, { clock, timers, invokeAsync }),
    stop() {
      timers.close()
      workflows.close()
    },
  }
}

type PoolParts = {
  blueprint: Blueprint
  dataDir: string
  clock: PlatformClock
  credentials: Credentials
  endpoints: Endpoints
  alarms: Alarms
}

async function openPools(
  pools: Map<string, FunctionPool>,
  { blueprint, dataDir, clock, credentials, endpoints, alarms }: PoolParts,
  started: Started,
): Promise<void> {
  const runtimeApi = await startRuntimeApi()
  started.push(() => runtimeApi.close())
  const environment = {
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_KMS: endpoints.kms,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SFN: endpoints.sfn,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
  }
  for (const definition of blueprint.functions) {
    const { name } = definition
    const log = openLogFile(join(dataDir, "logs"), name, (line) => alarms.line(name, line))
    const pool = new FunctionPool(definition, { runtimeApi, clock, log, environment })
    pools.set(name, pool)
    started.push(() => log.close())
  }
  started.push(() => Promise.all([...pools.values()].map((pool) => pool.close())))
}

function poolOf(pools: ReadonlyMap<string, FunctionPool>, functionName: string): FunctionPool {
  const pool = pools.get(functionName)
  if (!pool) throw new Error(`The templates have no function ${functionName}`)
  return pool
}

type Delivery = { stop(): Promise<void>; caughtUp?(): Promise<void> }
type DeliveryParts = {
  blueprint: Blueprint
  dataDir: string
  speed: number
  log(line: string): void
  clients: Clients
  invoke(functionName: string, event: string): Promise<InvocationOutcome>
  signals: PlatformSignals
}

async function startDeliveries(parts: DeliveryParts, started: Started): Promise<Delivery[]> {
  const { blueprint, dataDir, speed, log, clients, invoke, signals } = parts
  const deliveries: Delivery[] = []
  for (const mapping of blueprint.streamMappings) {
    const streamArn = await streamArnOf(clients.dynamodb, mapping.tableName)
    deliveries.push(
      deliverStream(mapping, {
        client: clients.streams,
        streamArn,
        checkpoint: openCheckpoint(join(dataDir, "streams", `${mapping.id}.json`), streamArn),
        invoke: (event) => {
          signals.streamed(mapping.functionName, event)
          return invoke(mapping.functionName, event)
        },
        giveUp: keepFailedRecords(failedRecordsIn(dataDir), mapping.functionName),
        warn: log,
        speed,
      }),
    )
  }
  for (const mapping of blueprint.queueMappings) {
    const queue = blueprint.queues.find(({ name }) => name === mapping.queueName)
    if (!queue) throw new Error(`The templates have no queue ${mapping.queueName}`)
    const send = (event: string) => {
      signals.received(mapping.queueName, event)
      return invoke(mapping.functionName, event)
    }
    deliveries.push(deliverQueue(mapping, { client: clients.sqs, queue, invoke: send, warn: log }))
  }
  // Not waited for: one that waits for a function ends with it.
  started.push(() => {
    for (const delivery of deliveries) void delivery.stop()
  })
  return deliveries
}

async function stopWithin(deliveries: readonly Delivery[], ms: number): Promise<void> {
  await Promise.race([
    Promise.all(deliveries.map((delivery) => delivery.stop())),
    sleep(ms, undefined, { ref: false }),
  ])
}

/**
 * The call that moved the clock is answered when everything follows it. What was in the streams before is delivered by the
 * time of before: a movement must not seem a day late because the clock was moved a moment after it.
 */
function followedByClock(
  helpers: LocalCalls,
  clock: PlatformClock,
  deliveries: readonly Delivery[],
): LocalCalls {
  return async (request) => {
    if (request.path === "/local/clock") {
      const caughtUp = Promise.all(deliveries.map((it) => it.caughtUp?.()))
      await Promise.race([caughtUp, sleep(CAUGHT_UP_WITHIN_MS, undefined, { ref: false })])
    }
    const answer = await helpers(request)
    await clock.followed()
    return answer
  }
}

/** Waits for all of them also when one fails, so that nothing is started behind the back of the end. */
async function all<const T extends readonly unknown[]>(
  parts: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(parts)
  return Promise.all(parts)
}

async function endAll(started: Started): Promise<void> {
  for (let end = started.pop(); end; end = started.pop()) await end()
}

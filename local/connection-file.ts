import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as z from "zod"
import { type Credentials, type Endpoints, LOCAL_REGION } from "./account.ts"

const texts = z.record(z.string(), z.string())

const Connection = z.object({
  stage: z.literal("local"),
  /** Of the process that runs the platform: a kill leaves the file behind. */
  pid: z.int(),
  region: z.string(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  /** By service, in the words of the SDK's AWS_ENDPOINT_URL_…, in lower case. */
  endpoints: texts,
  tables: z.object({ main: z.string(), settings: z.string() }),
  keyIds: z.object({ data: z.string(), root: z.string() }),
  /** By channel. */
  pollQueues: texts,
  notificationQueues: texts,
  channelUrls: texts,
  buckets: z.object({ movements: z.string(), bills: z.string() }),
  undoWorkflowArn: z.string(),
  refundWorkflowArn: z.string(),
  publicUrl: z.string(),
  speed: z.number(),
  tuning: z.record(z.string(), z.unknown()),
})

/** What another process of this machine needs to work on a running platform's tables, keys and queues. */
export type Connection = z.infer<typeof Connection>

export type Published = {
  /** Variables of the functions: what they are told is what the platform itself uses. */
  environment: Readonly<Record<string, string>>
  credentials: Credentials
  endpoints: Endpoints
}

const fileIn = (dataDir: string) => join(dataDir, "connection.json")

/** Says how to reach the platform, to this folder's owner only. Gives back how to take that away. */
export function publishConnection(dataDir: string, published: Published): () => void {
  const file = fileIn(dataDir)
  writeFileSync(`${file}.new`, `${JSON.stringify(connectionOf(published), null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return () => rmSync(file, { force: true })
}

/** The connection of the platform that runs with that state folder; undefined where none runs. */
export function findConnection(dataDir: string): Connection | undefined {
  let text: string
  try {
    text = readFileSync(fileIn(dataDir), "utf8")
  } catch (fault) {
    if (["ENOENT", "ENOTDIR"].includes((fault as NodeJS.ErrnoException).code ?? "")) return undefined
    throw fault
  }
  const connection = Connection.parse(JSON.parse(text))
  return isRunning(connection.pid) ? connection : undefined
}

function connectionOf({ environment, credentials, endpoints }: Published): Connection {
  return Connection.parse({
    stage: environment.STAGE,
    pid: process.pid,
    region: LOCAL_REGION,
    credentials,
    endpoints,
    tables: { main: environment.MAIN_TABLE, settings: environment.SETTINGS_TABLE },
    keyIds: { data: environment.DATA_KEY_ID, root: environment.ROOT_KEY_ID },
    pollQueues: JSON.parse(environment.POLL_QUEUES ?? "{}"),
    notificationQueues: JSON.parse(environment.NOTIFICATION_QUEUES ?? "{}"),
    channelUrls: JSON.parse(environment.CHANNEL_URLS ?? "{}"),
    buckets: { movements: environment.MOVEMENTS_BUCKET, bills: environment.BILLS_BUCKET },
    undoWorkflowArn: environment.UNDO_WORKFLOW_ARN,
    refundWorkflowArn: environment.REFUND_WORKFLOW_ARN,
    publicUrl: environment.PUBLIC_URL,
    speed: Number(environment.SPEED),
    tuning: JSON.parse(environment.TUNING ?? "{}"),
  })
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === "EPERM"
  }
}

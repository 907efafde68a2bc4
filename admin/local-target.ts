import { join } from "node:path"
import { openClock } from "../local/clock.ts"
import { type Connection, findConnection } from "../local/connection-file.ts"
import { TargetError } from "./target-error.ts"

/** A platform that runs on this machine: variables of its functions and of the SDK, and how far its clock is ahead. */
export type LocalTarget = {
  variables: Record<string, string>
  sdkVariables: Record<string, string>
  clockOffsetMs: number
}

/** Throws a TargetError where none runs with that state folder. */
export function findLocalTarget(dataDir: string): LocalTarget {
  const connection = readConnection(dataDir)
  if (!connection) {
    throw new TargetError(
      `no local platform runs with the state folder ${dataDir}: start it with npm start, or name another with --data or --stage`,
    )
  }
  const { endpoints, credentials, region, tables, keyIds, pollQueues, channelUrls } = connection
  return {
    variables: {
      STAGE: connection.stage,
      MAIN_TABLE: tables.main,
      SETTINGS_TABLE: tables.settings,
      DATA_KEY_ID: keyIds.data,
      ROOT_KEY_ID: keyIds.root,
      PUBLIC_URL: connection.publicUrl,
      POLL_QUEUES: JSON.stringify(pollQueues),
      NOTIFICATION_QUEUES: JSON.stringify(connection.notificationQueues),
      CHANNEL_URLS: JSON.stringify(channelUrls),
      MOVEMENTS_BUCKET: connection.buckets.movements,
      BILLS_BUCKET: connection.buckets.bills,
      UNDO_WORKFLOW_ARN: connection.undoWorkflowArn,
      REFUND_WORKFLOW_ARN: connection.refundWorkflowArn,
      SPEED: String(connection.speed),
      TUNING: JSON.stringify(connection.tuning),
    },
    sdkVariables: {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      ...Object.fromEntries(
        Object.entries(endpoints).map(([service, url]) => [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, url]),
      ),
    },
    clockOffsetMs: openClock(join(dataDir, "clock.json")).offsetMs(),
  }
}

function readConnection(dataDir: string): Connection | undefined {
  try {
    return findConnection(dataDir)
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException
    const why = code === "EACCES" ? "it belongs to somebody else" : "its connection.json cannot be read"
    throw new TargetError(`the state folder ${dataDir} cannot be used: ${why}`)
  }
}

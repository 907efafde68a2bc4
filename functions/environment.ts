/** The settings of a deployed function: read here and nowhere else. A missing one stops the function at its start. */
import type { ChannelId } from "../domain/channel.ts"
import type { CodeKind } from "../domain/payment-code.ts"
import type { TokenSettings } from "../http/customer-call.ts"
import type { PaymentSettings } from "../usecases/ports.ts"

/** Each part replaces the default as a whole; the rest stays. */
export type Tuning = {
  /** The table that tells codes apart. */
  codeKinds?: readonly CodeKind[]
  ownCodePrefix?: string
  wrongCodes?: PaymentSettings["wrongCodes"]
  /** By channel: delays between asking about an unknown payment. */
  queryPlansMs?: Partial<Record<ChannelId, readonly number[]>>
  lateChargeMs?: number
  undoRetryPlanMs?: readonly number[]
  /** How old the key that signs answers gets before the next one signs. */
  signingKeyDays?: number
  refundPlanMs?: readonly number[]
  refundWindowsMs?: Partial<Record<ChannelId, number>>
}

export type Environment = {
  /** Name of the function in infra/function-table.ts, where this is one. */
  functionName?: string
  mainTable: string
  settingsTable: string
  dataKeyId: string
  rootKeyId: string
  publicUrl: string
  stage: string
  production: boolean
  pollQueues: Partial<Record<ChannelId, string>>
  notificationQueues: Record<"first" | "repeats", string>
  /** Merchants may be told at this machine's own addresses: for trials on one machine. */
  notifyLoopback: boolean
  channelUrls: Partial<Record<ChannelId, string>>
  tokens: TokenSettings
  undoWorkflowArn: string
  refundWorkflowArn: string
  dailyBillsWorkflowArn: string
  /** Stream records that no retry could deliver. */
  failedRecordsBucket: string
  /** What bills are made of, and the bills. */
  movementsBucket: string
  billsBucket: string
  /** What this deployment sets otherwise than the defaults say (G6). */
  tuning: Tuning
  /** Waiting plans are divided by it; 1 but for local trials. */
  speed: number
}

export function readEnvironment(env: Record<string, string | undefined> = process.env): Environment {
  const need = (name: string): string => {
    const value = env[name]
    if (value === undefined || value === "") throw new Error(`environment variable ${name} is missing`)
    return value
  }
  return {
    // The stage stands before it: infra/platform-function.ts.
    functionName: env.AWS_LAMBDA_FUNCTION_NAME?.split("-").at(-1),
    get mainTable() {
      return need("MAIN_TABLE")
    },
    get settingsTable() {
      return need("SETTINGS_TABLE")
    },
    get dataKeyId() {
      return need("DATA_KEY_ID")
    },
    get rootKeyId() {
      return need("ROOT_KEY_ID")
    },
    get publicUrl() {
      return need("PUBLIC_URL")
    },
    get stage() {
      return need("STAGE")
    },
    get production() {
      return need("STAGE") === "production"
    },
    get pollQueues() {
      return JSON.parse(need("POLL_QUEUES"))
    },
    get notificationQueues() {
      return JSON.parse(need("NOTIFICATION_QUEUES"))
    },
    notifyLoopback: env.NOTIFY_LOOPBACK === "true",
    get channelUrls() {
      return JSON.parse(need("CHANNEL_URLS"))
    },
    get undoWorkflowArn() {
      return need("UNDO_WORKFLOW_ARN")
    },
    get failedRecordsBucket() {
      return need("FAILED_RECORDS_BUCKET")
    },
    get movementsBucket() {
      return need("MOVEMENTS_BUCKET")
    },
    get billsBucket() {
      return need("BILLS_BUCKET")
    },
    get dailyBillsWorkflowArn() {
      return need("DAILY_BILLS_WORKFLOW_ARN")
    },
    get refundWorkflowArn() {
      return need("REFUND_WORKFLOW_ARN")
    },
    get tokens() {
      return {
        issuer: need("TOKEN_ISSUER"),
        audience: need("TOKEN_AUDIENCE"),
        jwksUrl: need("TOKEN_JWKS_URL"),
      }
    },
    // Checked where it is set, before it is deployed (infra/settings.ts).
    tuning: JSON.parse(env.TUNING ?? "{}"),
    speed: Number(env.SPEED ?? "1"),
  }
}

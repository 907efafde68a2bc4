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
}

export type Environment = {
  mainTable: string
  settingsTable: string
  dataKeyId: string
  rootKeyId: string
  publicUrl: string
  production: boolean
  pollQueues: Partial<Record<ChannelId, string>>
  channelUrls: Partial<Record<ChannelId, string>>
  tokens: TokenSettings
  undoWorkflowArn: string
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
    get production() {
      return need("STAGE") === "production"
    },
    get pollQueues() {
      return JSON.parse(need("POLL_QUEUES"))
    },
    get channelUrls() {
      return JSON.parse(need("CHANNEL_URLS"))
    },
    get undoWorkflowArn() {
      return need("UNDO_WORKFLOW_ARN")
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

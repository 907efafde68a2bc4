import * as z from "zod"
import { AlarmLimits } from "./alarm-limits.ts"
import { FUNCTION_NAMES, ROUTES, rowOf } from "./function-table.ts"
import { STAGES } from "./stages.ts"

/** The periods CloudWatch Logs knows, up to ten years. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3653,
] as const

const url = z.url({ protocol: /^https?$/ })
const address = url.refine((value) => !value.endsWith("/"), "must not end with a slash")

/** Per second, and how far a burst may go beyond. */
const throttle = z.strictObject({ ratePerSecond: z.int().min(1), burst: z.int().min(1) })

const digits = z.string().regex(/^\d+$/)
const waitsMs = z.array(z.int().min(1)).min(1)

/** What else may differ without a change of code; each part replaces the default as a whole (functions/payment-settings.ts). */
const Tuning = z.strictObject({
  /** The table that tells payment codes apart by their digits. */
  codeKinds: z
    .array(
      z.strictObject({
        kind: z.enum(["own", "wechat", "alipay", "unionpay", "ecny"]),
        minDigits: z.int().min(1),
        maxDigits: z.int().max(128),
        prefixes: z.array(digits).min(1),
      }),
    )
    .optional(),
  /** Two digits outside every other kind. */
  ownCodePrefix: digits.length(2).optional(),
  wrongCodes: z.strictObject({ limit: z.int().min(1), windowMs: z.int().min(1_000) }).optional(),
  /** Delays between asking a channel about an unknown payment. */
  queryPlansMs: z.strictObject({ wechat: waitsMs.optional() }).optional(),
  /** How long after the lease a charge may still be on its way. */
  lateChargeMs: z.int().min(1_000).optional(),
  /** Waits between tries to undo; the last goes on. */
  undoRetryPlanMs: waitsMs.optional(),
  /** Delays between asking about a refund that is not certain. */
  refundPlanMs: waitsMs.optional(),
  /** How long after a payment it may be refunded, where that is less than the channel's own window. */
  refundWindowsMs: z.strictObject({ wechat: z.int().min(1).optional() }).optional(),
  /** How old the key that signs answers gets before the next one signs. */
  signingKeyDays: z.int().min(2).max(3_650).optional(),
})

/** A cron expression as EventBridge Scheduler reads it, without the word, and the zone that it is meant in. */
const schedule = z.strictObject({
  cron: z.string().regex(/^(\S+ ){5}\S+$/),
  timeZone: z.string().refine(isTimeZone),
})

const Settings = z.strictObject({
  stage: z.enum(["local", "test", "production"]),
  /** Where callers reach the API, if neither the custom domain nor the API's own endpoint (a proxy, this machine). */
  publicUrl: address.optional(),
  /** The certificate must be in the region of the stack. With a custom domain the API's own endpoint is switched off. */
  customDomain: z
    .strictObject({ name: z.hostname(), certificateArn: z.string().regex(/^arn:aws(-[a-z]+)*:acm:/) })
    .optional(),
  /** Who vouches for customers: any OIDC issuer with RSA keys (there is no Cognito in the China regions). */
  token: z.strictObject({ issuer: z.string().min(1), audience: z.string().min(1), jwksUrl: url }),
  /** The channels of this stage and where they answer; each gets a poll queue. */
  channelUrls: z.strictObject({ wechat: address }),
  tuning: Tuning.optional(),
  /** Merchants may be told at this machine's own addresses, and there without encryption: for trials on one machine. */
  notifyLoopback: z.boolean().optional(),
  /** Divides every waiting plan. */
  speed: z.int().min(1).max(100),
  /** Of all callers together, on each route that has no throttle of its own. */
  throttle,
  routeThrottles: z.partialRecord(z.enum(ROUTES), throttle).optional(),
  /**
   * How many calls of a function run at once at most, and are kept free for it. What stands here is taken from the account's
   * quota, of which AWS keeps 100 for the functions that have none.
   */
  reservedConcurrency: z.partialRecord(z.enum(FUNCTION_NAMES), z.int().min(1)).optional(),
  schedules: z.strictObject({
    /** Looks for what was forgotten. */
    daily: schedule,
    /** Measures what waits for somebody. */
    watch: schedule,
    /** Replaces the platform's signing key when it is due. */
    platformKeys: schedule,
    /** Makes the bills of yesterday, and what is missing of the days before. */
    bills: schedule,
  }),
  /**
   * How long nobody can change or take away a bill. In mode `governance` those with a permission of their own can, in
   * `compliance` nobody, whoever it is. Can be switched on only where the bucket is made.
   */
  billLock: z
    .strictObject({ mode: z.enum(["governance", "compliance"]), days: z.int().min(1).max(36_500) })
    .optional(),
  /** Who is written to when an alarm goes off; each address must confirm once. Other ways subscribe to the topic. */
  alarmEmails: z.array(z.email()).optional(),
  /** Where an alarm goes off otherwise than infra/alarm-limits.ts says. */
  alarmLimits: AlarmLimits.optional(),
  /** The China regions get new runtimes later. */
  runtime: z.string().regex(/^nodejs\d+\.x$/),
  /** arm64 costs a fifth less; not every region has it. */
  architecture: z.enum(["arm64", "x86_64"]),
  /** X-Ray; not available to functions in the China regions. */
  tracing: z.boolean(),
  logDays: z.literal(LOG_DAYS),
  /** Tables, keys and logs outlive their stack and refuse to be deleted. */
  keepData: z.boolean(),
  /** Check the templates by CloudFormation's rules and cdk-nag's. A start on one machine saves the second it takes. */
  templateChecks: z.boolean(),
})

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== ""
  } catch {
    return false
  }
}

/** What differs between stages. */
export type Settings = z.infer<typeof Settings>
export type StageName = Settings["stage"]
export type ScheduleName = keyof Settings["schedules"]

const OVERRIDES = "METRO_PAY_SETTINGS"

/** What is wrong with the settings, in one line meant for people. */
export class SettingsError extends Error {
  override name = "SettingsError"
}

/**
 * The settings of the stage that the command line names (`cdk … -c stage=test`) or METRO_PAY_SETTINGS does, each overridden
 * by what METRO_PAY_SETTINGS says: a JSON object with the keys of `Settings`; a key replaces the stage's whole value. No stage
 * is taken for granted. Throws a SettingsError.
 */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const overrides = parseOverrides(environment[OVERRIDES])
  const stage = overrides.stage ?? stageOfCommandLine(environment)
  if (stage === undefined)
    throw new SettingsError(`say which stage: -c stage=test, or -c stage=production (infra/stages.ts)`)
  const defaults = typeof stage === "string" && Object.hasOwn(STAGES, stage) ? STAGES[stage as StageName] : {}
  const parsed = Settings.safeParse({ ...defaults, ...overrides, stage })
  if (!parsed.success) {
    // Without a known stage everything else is missing too; only the cause is worth reading.
    const unknownStage = parsed.error.issues.filter((issue) => issue.path[0] === "stage")
    throw refusal((unknownStage.length > 0 ? unknownStage : parsed.error.issues).map(describe))
  }
  const contradicting = contradictions(parsed.data)
  if (contradicting.length > 0) throw refusal(contradicting)
  return parsed.data
}

/** The CDK's command line hands its context on in this variable. */
function stageOfCommandLine({ CDK_CONTEXT_JSON }: Record<string, string | undefined>): unknown {
  return JSON.parse(CDK_CONTEXT_JSON ?? "{}").stage
}

function parseOverrides(json: string | undefined): Record<string, unknown> {
  if (json === undefined || json === "") return {}
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new SettingsError(`${OVERRIDES}: not JSON`)
  }
  const object = z.record(z.string(), z.unknown()).safeParse(value)
  if (!object.success) throw new SettingsError(`${OVERRIDES}: not a JSON object`)
  return object.data
}

function describe(issue: z.core.$ZodIssue): string {
  return issue.path.length > 0 ? `${issue.path.join(".")}: ${issue.message}` : issue.message
}

/** What each setting allows by itself but a stage must not combine. */
function contradictions(settings: Settings): string[] {
  const found: string[] = []
  if (settings.publicUrl && settings.customDomain) found.push("publicUrl and customDomain: give one of them")
  found.push(...tooFewForQueues(settings))
  if (settings.stage === "local") return found
  const urls = {
    publicUrl: settings.publicUrl,
    "token.jwksUrl": settings.token.jwksUrl,
    "channelUrls.wechat": settings.channelUrls.wechat,
  }
  for (const [name, value] of Object.entries(urls)) {
    if (value !== undefined && !value.startsWith("https:"))
      found.push(`${name}: must be https outside stage local`)
  }
  if (settings.notifyLoopback) found.push("notifyLoopback: can be allowed in stage local only")
  if (!settings.templateChecks) found.push("templateChecks: can be left out in stage local only")
  if (settings.stage === "production" && settings.speed !== 1) found.push("speed: must be 1 in production")
  if (settings.stage === "production" && !settings.keepData)
    found.push("keepData: must be true in production")
  return found
}

/** A queue's share of its function must be two calls at once: Lambda does not read a queue for less. */
function tooFewForQueues({ reservedConcurrency = {}, channelUrls }: Settings): string[] {
  const twoEach = 2 * Object.keys(channelUrls).length
  return FUNCTION_NAMES.flatMap((name) => {
    const { trigger } = rowOf(name)
    if (!("queues" in trigger)) return []
    const [needed, each] = trigger.queues === "notifications" ? [6, "queue"] : [twoEach, "channel"]
    const tooFew = (reservedConcurrency[name] ?? needed) < needed
    return tooFew ? [`reservedConcurrency.${name}: must be at least ${needed}, two a ${each}`] : []
  })
}

function refusal(problems: string[]): SettingsError {
  return new SettingsError(`settings (infra/stages.ts, ${OVERRIDES}): ${problems.join("; ")}`)
}

/**
 * What a line of log looks like: a closed list of short fields, each with its shape, so that codes, phones and keys cannot
 * slip in (I11). `at`, in epoch milliseconds, goes before them: as text it would be a tenth of the line. Powertools' own fields (level, service, function, memory …) would cost more than the line: CloudWatch
 * knows them by the log group, and takes a line without `level` for INFO
 * (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html).
 */
import { LogFormatter, LogItem } from "@aws-lambda-powertools/logger"
import type { LogAttributes, UnformattedAttributes } from "@aws-lambda-powertools/logger/types"
import { redact } from "./redact.ts"

/** The fields of a call's line as they are written. */
export type LineFields = {
  /** Name of the function. */
  call: string
  /** Of the request; where a worker has a fault, of its message or invocation. */
  id?: string
  /** Merchant. */
  m?: string
  /** The platform's order number. */
  o?: string
  /** The channels that pay the order, joined by "+". */
  ch?: string
  /** `SUCCESS`, or why not. */
  code?: string
  /** The order's state. */
  st?: string
  /** Milliseconds from the order's put to its certainty: only in the line of the call whose own write made it final. */
  cert?: number
  /** What the daily check looked through, and what it found. */
  orders?: number
  notFinal?: number
  faults?: number
  /** What a run of the bills came to. */
  movements?: number
  bills?: number
  waiting?: number
  /** How long the call took. */
  ms?: number
}

/** What does not fit its shape is left out of the line. */
const SHAPES: Readonly<Record<keyof LineFields, RegExp | "count">> = {
  call: /^[a-z]{1,24}$/,
  id: /^[\w-]{1,64}$/,
  m: /^[\w-]{1,64}$/,
  o: /^[1-9]\d{25}$/,
  ch: /^[a-z+]{1,40}$/,
  code: /^[A-Z_]{1,40}$/,
  st: /^[A-Z]{1,16}$/,
  cert: "count",
  orders: "count",
  notFinal: "count",
  faults: "count",
  movements: "count",
  bills: "count",
  waiting: "count",
  ms: "count",
}

const MESSAGE_CHARACTERS = 1_000
const STACK_CHARACTERS = 4_000

export class ShortLines extends LogFormatter {
  override formatAttributes(base: UnformattedAttributes, added: LogAttributes): LogItem {
    const at = base.timestamp.getTime()
    const { error, ...fields } = added
    const line = fittingOf(fields)
    if (error instanceof Error)
      return new LogItem({ attributes: { at, ...levelOf(base), ...line, ...faultOf(error) } })
    // Not ours: what the logger itself has to say.
    if (line.call === undefined)
      return new LogItem({ attributes: { at, ...levelOf(base), message: shortened(base.message) } })
    return new LogItem({ attributes: { at, ...line } })
  }
}

/** Lambda believes a level only beside a time of its own naming. */
function levelOf({ logLevel, timestamp }: UnformattedAttributes) {
  return { level: logLevel, timestamp: timestamp.toISOString() }
}

function fittingOf(fields: LogAttributes): Record<string, string | number> {
  const line: Record<string, string | number> = {}
  for (const [name, shape] of Object.entries(SHAPES)) {
    const value = fields[name]
    if (shape === "count") {
      if (typeof value === "number" && Number.isFinite(value)) line[name] = Math.round(value)
    } else if (typeof value === "string" && shape.test(value)) line[name] = value
  }
  return line
}

/** Nothing but these: errors of clients carry requests and answers in further properties. */
function faultOf(fault: Error) {
  const { cause } = fault
  return {
    fault: redact(fault.name),
    message: shortened(fault.message),
    stack: shortened(withoutMessage(fault), STACK_CHARACTERS),
    ...(cause instanceof Error ? { cause: shortened(`${cause.name}: ${cause.message}`) } : {}),
  }
}

/** The places only: the message above them stands in a field of its own. */
function withoutMessage({ stack = "" }: Error): string {
  return stack.slice(Math.max(0, stack.search(/^ {4}at /m)))
}

/** Cut after it was redacted, or half a key would be taken for a word. */
function shortened(text: string, characters = MESSAGE_CHARACTERS): string {
  return redact(text).slice(0, characters)
}

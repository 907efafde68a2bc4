/** One short line for each call (H4): a fault is logged with its stack, a refusal with its code. */
import { Logger } from "@aws-lambda-powertools/logger"
import { type LineFields, ShortLines } from "./log-line.ts"
import { countRare } from "./rare-events.ts"
import { redact } from "./redact.ts"

const logger = new Logger({ logLevel: "INFO", sampleRateValue: 0, logFormatter: new ShortLines() })

/** What a call has to say of an order. */
export type OrderFacts = {
  merchantId?: string
  /** The platform's order number. */
  tradeNo?: string
  /** The channels that pay it, joined by "+". */
  channel?: string
  state?: string
  /** From its put to its certainty, where this call's own write made it final. */
  certaintyMs?: number
}

/** How a call ended: `SUCCESS` or an error code, and how long it took. */
export type CallEnd = OrderFacts & { code: string; ms: number }

/** The line of one call, which gathers what is learned on the way. */
export type CallLog = {
  /** What this call did to an order. Told after the call has ended, it gets a line of its own, with code `LATE`. */
  changed(facts: OrderFacts): void
  /** Writes the line and gives back what was said. What was changed for good stays in it, whatever stands there by now. */
  end(end: CallEnd): CallEnd
  /**
   * For work that nobody waits for: writes a line for each order that it changed, and none where it changed none. Only what
   * became of the order stands in it, since a payment that a notification helps along has the line of its call as well.
   * Gives back what was changed.
   */
  endChanges(): readonly OrderFacts[]
  fault(fault: unknown): void
}

export function callLog(call: string, requestId: string): CallLog {
  const changes = new Map<string, OrderFacts>()
  let ended = false
  const write = (end: CallEnd) => logger.info("", fieldsOf(call, requestId, end))
  return {
    changed(facts) {
      if (ended) return write({ ...facts, code: "LATE", ms: 0 })
      const key = facts.tradeNo ?? ""
      changes.set(key, { ...changes.get(key), ...facts })
    },
    end(end) {
      ended = true
      const whole = together([...changes.values()].at(-1), end)
      write(whole)
      return whole
    },
    endChanges() {
      ended = true
      for (const { merchantId, ...became } of changes.values())
        logger.info("", fieldsOf(call, undefined, became))
      return [...changes.values()]
    },
    fault: (fault) => logFault(call, requestId, fault),
  }
}

/** The line of a run that looked through many orders, or made many bills. */
export function logRun(
  call: string,
  requestId: string,
  counts: Pick<LineFields, "orders" | "notFinal" | "faults" | "movements" | "bills" | "waiting">,
  ms: number,
): void {
  logger.info("", { call, id: requestId, ...counts, ms } satisfies LineFields)
}

/** A fault, and that there was one. Only name, message, stack and cause are logged, redacted. */
export function logFault(call: string, requestId: string, fault: unknown): void {
  const error = fault instanceof Error ? fault : new Error(String(fault))
  logger.error("", { call, id: requestId, error } satisfies LineFields & { error: Error })
  countRare({ event: "Fault", call })
}

/** The same name and, redacted, the same message: for where the runtime itself logs what is thrown. */
export function redacted(fault: unknown): Error {
  const { name, message, stack } = fault instanceof Error ? fault : new Error(String(fault))
  return Object.assign(new Error(redact(message)), { name, stack: redact(stack ?? "") })
}

function fieldsOf(call: string, requestId: string | undefined, end: Partial<CallEnd>): LineFields {
  const { merchantId, tradeNo, channel, code, state, certaintyMs, ms } = end
  return {
    call,
    id: requestId,
    m: merchantId,
    o: tradeNo,
    ch: channel,
    code,
    st: state,
    cert: certaintyMs,
    ms,
  }
}

/** The answer knows the order's present state; but what this call made final is counted by the state it was made. */
function together(own: OrderFacts = {}, end: CallEnd): CallEnd {
  return {
    ...end,
    merchantId: end.merchantId ?? own.merchantId,
    tradeNo: end.tradeNo ?? own.tradeNo,
    channel: end.channel ?? own.channel,
    state: own.certaintyMs === undefined ? (end.state ?? own.state) : own.state,
    certaintyMs: own.certaintyMs,
  }
}

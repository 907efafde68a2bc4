/**
 * Measures what waits for somebody, so that alarms can tell: numbers only, never whose orders. It is done every few minutes,
 * so each part reads a bounded amount; what it could not measure is left out, and an alarm tells of that instead.
 */
import type { Clock, ExceptionKind } from "./ports.ts"

/** An entry of the exceptions desk that is not resolved. */
export type StandingException = { kind: ExceptionKind; sinceMs: number; lastTriedAtMs: number }

export type StockPorts = {
  clock: Clock
  desk: {
    /** All of them, or as many as may be read at a time. */
    standing(): Promise<readonly StandingException[]>
  }
  failedRecords: {
    /** Up to a thousand. */
    count(): Promise<number>
  }
  keys: {
    /** How many of the platform's keys can be used no longer. */
    unusable(): Promise<number>
  }
  /** Hears of what could not be measured. */
  onFault(subject: keyof StockPorts, fault: unknown): void
}

export type Stock = {
  exceptionsOpen?: number
  /** Of what the platform should settle by itself; 0 where there is none. */
  exceptionOldestSeconds?: number
  /** Reversals and refunds that a channel refused within the last day; older ones the desk alone keeps. */
  undoRefused?: number
  refundRefused?: number
  surplusOpen?: number
  failedStreamRecords?: number
  keysUnusable?: number
}

const DAY_MS = 24 * 60 * 60 * 1000

export async function takeStock(ports: StockPorts): Promise<Stock> {
  const [desk, failedStreamRecords, keysUnusable] = await Promise.all([
    measured(ports, "desk", async () => onDesk(await ports.desk.standing(), ports.clock.nowMs())),
    measured(ports, "failedRecords", () => ports.failedRecords.count()),
    measured(ports, "keys", () => ports.keys.unusable()),
  ])
  return {
    ...desk,
    ...(failedStreamRecords === undefined ? {} : { failedStreamRecords }),
    ...(keysUnusable === undefined ? {} : { keysUnusable }),
  }
}

function onDesk(standing: readonly StandingException[], nowMs: number): Stock {
  const oldestMs = standing
    .filter(({ kind }) => !kind.endsWith("refused"))
    .reduce((oldest, { sinceMs }) => Math.min(oldest, sinceMs), nowMs)
  const refusedLately = (kind: ExceptionKind) =>
    standing.filter((it) => it.kind === kind && nowMs - it.lastTriedAtMs < DAY_MS).length
  return {
    exceptionsOpen: standing.length,
    exceptionOldestSeconds: Math.round((nowMs - oldestMs) / 1000),
    undoRefused: refusedLately("undo refused"),
    refundRefused: refusedLately("refund refused"),
    surplusOpen: standing.filter(({ kind }) => kind === "surplus").length,
  }
}

async function measured<T>(
  ports: StockPorts,
  subject: keyof StockPorts,
  measure: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await measure()
  } catch (fault) {
    ports.onFault(subject, fault)
    return undefined
  }
}

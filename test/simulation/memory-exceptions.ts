import type { ExceptionStore, OrderException } from "../../usecases/ports.ts"

/** By order and kind; what was resolved stays, with the time of it. */
export type ExceptionTable = Map<string, OrderException & { resolvedAtMs?: number }>

export function memoryExceptions(table: ExceptionTable): ExceptionStore {
  return {
    async note({ tradeNo, merchantId, kind, lastTried }, nowMs) {
      const before = table.get(`${tradeNo}#${kind}`)
      // It was resolved after this was seen.
      if ((before?.resolvedAtMs ?? Number.NEGATIVE_INFINITY) >= nowMs) return
      table.set(`${tradeNo}#${kind}`, {
        tradeNo,
        merchantId,
        kind,
        lastTried,
        sinceMs: before?.sinceMs ?? nowMs,
        lastTriedAtMs: nowMs,
        tries: (before?.tries ?? 0) + 1,
      })
    },

    async resolve(tradeNo, kind, nowMs) {
      const noted = table.get(`${tradeNo}#${kind}`)
      if (noted) noted.resolvedAtMs = nowMs
    },

    async list(limit) {
      return onDesk(table)
        .sort((a, b) => a.sinceMs - b.sinceMs)
        .slice(0, limit)
    },
  }
}

/** What stands there and was not resolved. */
export function onDesk(table: ExceptionTable): OrderException[] {
  return [...table.values()].flatMap(({ resolvedAtMs, ...noted }) =>
    resolvedAtMs === undefined ? [noted] : [],
  )
}

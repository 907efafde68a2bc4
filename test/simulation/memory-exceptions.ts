import type { ExceptionKind, ExceptionStore, OrderException } from "../../usecases/ports.ts"

/** By order, kind and refund; what was resolved stays, with the time of it. */
export type ExceptionTable = Map<string, OrderException & { resolvedAtMs?: number }>

export function memoryExceptions(table: ExceptionTable): ExceptionStore {
  return {
    async note({ tradeNo, refundId, merchantId, kind, lastTried }, nowMs) {
      const key = keyOf(tradeNo, kind, refundId)
      const before = table.get(key)
      // It was resolved after this was seen.
      if ((before?.resolvedAtMs ?? Number.NEGATIVE_INFINITY) >= nowMs) return
      table.set(key, {
        tradeNo,
        ...(refundId === undefined ? {} : { refundId }),
        merchantId,
        kind,
        lastTried,
        sinceMs: before?.sinceMs ?? nowMs,
        lastTriedAtMs: nowMs,
        tries: (before?.tries ?? 0) + 1,
      })
    },

    async resolve(tradeNo, kind, nowMs, refundId) {
      const noted = table.get(keyOf(tradeNo, kind, refundId))
      if (noted) noted.resolvedAtMs = nowMs
    },

    async list(limit) {
      return onDesk(table)
        .sort((a, b) => a.sinceMs - b.sinceMs)
        .slice(0, limit)
    },
  }
}

function keyOf(tradeNo: string, kind: ExceptionKind, refundId: string | undefined): string {
  return [tradeNo, kind, refundId ?? ""].join("#")
}

/** What stands there and was not resolved. */
export function onDesk(table: ExceptionTable): OrderException[] {
  return [...table.values()].flatMap(({ resolvedAtMs, ...noted }) =>
    resolvedAtMs === undefined ? [noted] : [],
  )
}

import { isDeepStrictEqual } from "node:util"
import type { Refund } from "../../domain/refund.ts"
import { decodeRefund, encodeRefund } from "../../persistence/refund-codec.ts"
import type { RefundStore } from "../../usecases/ports.ts"

export type RefundTable = Map<string, Refund>

/**
 * Refunds in memory. Each goes through the codec of the real store, so that what is not kept there is not kept here.
 * @param onWrite hears of each write that took effect, in order
 */
export function memoryRefunds(table: RefundTable, onWrite: (refund: Refund) => void = () => {}): RefundStore {
  const keep = (refund: Refund) => {
    table.set(refund.refundId, kept(refund))
    onWrite(kept(refund))
  }
  return {
    async create(refund) {
      const stored = table.get(refund.refundId)
      if (!stored) {
        keep(refund)
        return { put: true, refund }
      }
      if (stored.state === "PROCESSING" && isSameAttempt(stored, refund))
        return { put: true, refund: kept(stored) }
      if (stored.state !== "RETRACTED") return { put: false, stored: kept(stored) }
      const next = takeOver(stored, refund)
      keep(next)
      return { put: true, refund: next }
    },

    async advance(previous, next) {
      const stored = table.get(previous.refundId)
      if (!stored) throw new Error(`refund ${previous.refundId} is advanced and was never created`)
      if (stored.version === previous.version) {
        keep(next)
        return { written: true }
      }
      return isDeepStrictEqual(stored, kept(next))
        ? { written: true }
        : { written: false, stored: kept(stored) }
    },

    async read(refundId) {
      const stored = table.get(refundId)
      return stored && kept(stored)
    },
  }
}

/** The number goes on where the retracted refund left it, its events included. */
function takeOver(retracted: Refund, refund: Refund): Refund {
  return { ...refund, version: retracted.version + 1, events: [...retracted.events, ...refund.events] }
}

function isSameAttempt(stored: Refund, mine: Refund): boolean {
  return mine.lease !== undefined && stored.lease?.holder === mine.lease.holder
}

function kept(refund: Refund): Refund {
  return decodeRefund(encodeRefund(refund))
}

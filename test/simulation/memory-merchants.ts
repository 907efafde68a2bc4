import type { Clock, Merchant, MerchantStore, WrongCodeStore } from "../../usecases/ports.ts"
import { wrongCodePlace } from "./memory-people.ts"

/** As long as the real store uses settings from memory. */
const FRESH_MS = 30_000

export type MerchantTable = Map<string, Merchant>

/** Remembers what it read, as each function does: two of these over one table see a change at different moments. */
export function memoryMerchants(table: MerchantTable, clock: Pick<Clock, "monotonicMs">): MerchantStore {
  const cache = new Map<string, { merchant: Merchant | undefined; atMs: number }>()
  const load = (merchantId: string) => {
    const found = table.get(merchantId)
    const merchant = found && structuredClone(found)
    cache.set(merchantId, { merchant, atMs: clock.monotonicMs() })
    return merchant
  }
  return {
    async read(merchantId, atLeastVersion = 0) {
      const known = cache.get(merchantId)
      const fresh = known !== undefined && clock.monotonicMs() - known.atMs < FRESH_MS
      const merchant = fresh ? known.merchant : load(merchantId)
      if (merchant && merchant.settingsVersion >= atLeastVersion) return merchant
      return atLeastVersion > 0 ? load(merchantId) : undefined
    },
  }
}

export function memoryWrongCodes(table: Map<string, number>): WrongCodeStore {
  return {
    async count(merchantId, windowStartMs) {
      const place = wrongCodePlace(merchantId, windowStartMs)
      const count = (table.get(place) ?? 0) + 1
      table.set(place, count)
      return count
    },

    async read(merchantId, windowStartMs) {
      return table.get(wrongCodePlace(merchantId, windowStartMs)) ?? 0
    },
  }
}

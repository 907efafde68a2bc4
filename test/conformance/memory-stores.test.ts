import { emptyTables, memoryStores } from "../simulation/memory-stores.ts"
import { storePromises } from "./store-promises.ts"

const tables = emptyTables()
const stores = memoryStores(tables, { monotonicMs: () => 0 })

storePromises("in memory", () => ({
  stores,
  async putMerchant(merchant) {
    tables.merchants.set(merchant.merchantId, structuredClone(merchant))
  },
  async setGate(merchantId, gate) {
    tables.gates.set(merchantId, { ...gate })
  },
}))

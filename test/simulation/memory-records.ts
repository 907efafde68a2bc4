import type { ConsumptionRecord, RecordStore } from "../../usecases/ports.ts"

/** By customer, then by the place of the line: time, then order. */
export type RecordTable = Map<string, Map<string, ConsumptionRecord>>

export function memoryRecords(table: RecordTable): RecordStore {
  return {
    async put(uid, record) {
      const lines = table.get(uid) ?? new Map<string, ConsumptionRecord>()
      table.set(uid, lines)
      const stored = lines.get(placeOf(record))
      if (!stored || stored.version < record.version) lines.set(placeOf(record), { ...record })
    },

    async list(uid, { limit, before }) {
      const places = [...(table.get(uid)?.entries() ?? [])]
        .filter(([place]) => before === undefined || place < before)
        .sort(([a], [b]) => (a < b ? 1 : -1))
      const shown = places.slice(0, limit)
      const last = shown.at(-1)
      return {
        records: shown.map(([, record]) => ({ ...record })),
        ...(places.length > limit && last ? { next: last[0] } : {}),
      }
    },
  }
}

function placeOf({ atMs, tradeNo }: ConsumptionRecord): string {
  return `${String(atMs).padStart(13, "0")}#${tradeNo}`
}

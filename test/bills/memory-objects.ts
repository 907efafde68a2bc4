import type { ObjectStore } from "../../persistence/object-store.ts"

export type MemoryObjects = ObjectStore & {
  kept: Map<string, Buffer>
  /** Called before each write: it may throw, as a store does that cannot be reached. */
  beforePut?: (key: string) => void
}

const PAGE = 3

/** A bucket in memory; pages are small, so that whoever reads only the first one is found out. */
export function memoryObjects(): MemoryObjects {
  const kept = new Map<string, Buffer>()
  const keysBelow = (prefix: string, after = "") =>
    [...kept.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
  const objects: MemoryObjects = {
    kept,
    async put(key, body) {
      objects.beforePut?.(key)
      kept.set(key, Buffer.from(body))
    },
    async putIfAbsent(key, body) {
      objects.beforePut?.(key)
      if (kept.has(key)) return false
      kept.set(key, Buffer.from(body))
      return true
    },
    async get(key) {
      return kept.get(key)
    },
    async *list(prefix, after) {
      const keys = keysBelow(prefix, after)
      for (let at = 0; at < keys.length; at += PAGE) {
        yield keys.slice(at, at + PAGE).map((key) => ({ key, bytes: kept.get(key)?.length ?? 0 }))
      }
    },
    async folders(prefix, first) {
      const names = keysBelow(prefix, prefix + first).map((key) => key.slice(prefix.length).split("/"))
      return [...new Set(names.filter(({ length }) => length > 1).map(([name = ""]) => name))]
    },
  }
  return objects
}

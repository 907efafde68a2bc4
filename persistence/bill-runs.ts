import { daysAfter } from "../domain/bill-day.ts"
import type { BillRuns, PartitionResult, RunMarker, RunProgress } from "../usecases/bill-ports.ts"
import {
  MARKERS,
  markerKey,
  partitionOfResult,
  progressKey,
  resultKey,
  resultsPrefix,
  rosterKey,
} from "./object-keys.ts"
import type { ObjectStore } from "./object-store.ts"

const JSON_TYPE = "application/json"

/** The books of the runs, beside the movements. */
export function billRuns(objects: ObjectStore): BillRuns {
  const keep = (key: string, value: unknown) => objects.put(key, `${JSON.stringify(value)}\n`, JSON_TYPE)
  async function read<T>(key: string): Promise<T | undefined> {
    const found = await objects.get(key)
    return found && (JSON.parse(found.toString("utf8")) as T)
  }
  const keysBelow = async (prefix: string, after?: string) => {
    const keys: string[] = []
    for await (const page of objects.list(prefix, after)) keys.push(...page.map(({ key }) => key))
    return keys
  }

  return {
    marker: (day) => read<RunMarker>(markerKey(day)),
    async markers(first) {
      const keys = await keysBelow(MARKERS, markerKey(daysAfter(first, -1)))
      const found = await Promise.all(keys.map((key) => read<RunMarker>(key)))
      return found.filter((it) => it !== undefined)
    },
    keepMarker: (marker) => keep(markerKey(marker.day), marker),
    progress: (day) => read<RunProgress>(progressKey(day)),
    keepProgress: (progress) => keep(progressKey(progress.day), progress),
    roster: async (run) => (await read<string[]>(rosterKey(run))) ?? [],
    keepRoster: (run, merchantIds) => keep(rosterKey(run), merchantIds),
    async results(run) {
      const keys = await keysBelow(resultsPrefix(run))
      const found = new Map<number, PartitionResult>()
      for (const key of keys) {
        const result = await read<PartitionResult>(key)
        if (result) found.set(partitionOfResult(key), result)
      }
      return found
    },
    keepResult: (run, partition, result) => keep(resultKey(run, partition), result),
  }
}

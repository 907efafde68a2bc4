/**
 * Keys of everything kept in S3. Two buckets: movements with all that runs make of them on their way, and the bills, which
 * are held for years.
 */
import type { RunDay } from "../usecases/bill-ports.ts"

/** In the bucket of movements. */
export const MOVEMENTS = "movements/"
export const movementsPrefix = (billDay: string): string => `${MOVEMENTS}${billDay}/`
/** Named by its content: the same batch put again is the same object. */
export const movementsKey = (billDay: string, contentHash: string): string =>
  `${movementsPrefix(billDay)}${contentHash}.jsonl`

/** What a run leaves on its way; a rule of the bucket removes it after some days. */
const workPrefix = ({ day, run }: RunDay): string => `work/${day}/${run}/`
export const partPrefix = (run: RunDay, partition: number): string =>
  `${workPrefix(run)}parts/${partitionName(partition)}/`
export const partKey = (run: RunDay, partition: number, chunk: string): string =>
  `${partPrefix(run, partition)}${chunk === "" ? "all" : chunk}.jsonl`
export const rosterKey = (run: RunDay): string => `${workPrefix(run)}roster.json`
export const resultsPrefix = (run: RunDay): string => `${workPrefix(run)}results/`
export const resultKey = (run: RunDay, partition: number): string =>
  `${resultsPrefix(run)}${partitionName(partition)}.json`
export const partitionOfResult = (key: string): number =>
  Number.parseInt(key.slice(key.lastIndexOf("/") + 1), 10)

export const MARKERS = "runs/"
export const markerKey = (day: string): string => `${MARKERS}${day}.json`
export const progressKey = (day: string): string => `progress/${day}.json`

/** In the bucket of bills. */
export const billFileKey = (merchantId: string, day: string): string => `bills/${merchantId}/${day}.csv`
export const billKey = (merchantId: string, day: string): string => `bills/${merchantId}/${day}.json`

const PARTITION_DIGITS = 3

function partitionName(partition: number): string {
  return String(partition).padStart(PARTITION_DIGITS, "0")
}

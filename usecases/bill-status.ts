import { partitionOf } from "../domain/bill-partition.ts"
import type { BillRuns, BillStore, MadeBill, RunMarker } from "./bill-ports.ts"

/** `none`: the day's bills are made, and this merchant had none, since it was registered only later. `due`: not made yet. */
export type BillStatus = { kind: "made"; bill: MadeBill } | { kind: "none" } | { kind: "due" }

/** How a merchant's bill of a day stands. */
export async function billStatus(
  ports: { bills: Pick<BillStore, "read">; runs: Pick<BillRuns, "marker"> },
  merchantId: string,
  day: string,
): Promise<BillStatus> {
  // The marker first: it is written after the bills.
  const marker = await ports.runs.marker(day)
  const bill = await ports.bills.read(merchantId, day)
  if (bill) return { kind: "made", bill }
  return marker && !isDue(marker, merchantId) ? { kind: "none" } : { kind: "due" }
}

/** Whether the run left that merchant's bill to a later one. */
export function isDue({ waiting, failed, lost, partitions }: RunMarker, merchantId: string): boolean {
  return (
    waiting.includes(merchantId) ||
    failed.some((it) => it.merchantId === merchantId) ||
    lost.includes(partitionOf(merchantId, partitions))
  )
}

/** All bills of the day are made. */
export function isComplete({ waiting, failed, lost }: RunMarker): boolean {
  return waiting.length + failed.length + lost.length === 0
}

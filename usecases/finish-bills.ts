import type { BillRuns, RunDay, RunMarker } from "./bill-ports.ts"
import type { Clock } from "./ports.ts"

export type FinishBillsPorts = { clock: Pick<Clock, "nowMs">; runs: BillRuns }

/** Ends the run of a day: from now on merchants hear of its bills, and the next run of what is missing. */
export async function finishBills(
  { clock, runs }: FinishBillsPorts,
  { run, day, partitions, startedAtMs }: RunDay & { partitions: number; startedAtMs: number },
): Promise<RunMarker> {
  const results = await runs.results({ run, day })
  const found = [...results.values()]
  const count = (of: "movements" | "bills") => found.reduce((sum, it) => sum + it[of], 0)
  const marker: RunMarker = {
    run,
    day,
    startedAtMs,
    finishedAtMs: clock.nowMs(),
    partitions,
    movements: count("movements"),
    bills: count("bills"),
    waiting: found.flatMap(({ waiting }) => waiting),
    failed: found.flatMap(({ failed }) => failed),
    lost: Array.from({ length: partitions }, (_, partition) => partition).filter((it) => !results.has(it)),
  }
  await runs.keepMarker(marker)
  return marker
}

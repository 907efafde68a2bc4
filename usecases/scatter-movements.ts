import { partitionOf } from "../domain/bill-partition.ts"
import type { MovementStore, RunDay } from "./bill-ports.ts"

export type ChunkToScatter = RunDay & { chunk: string; partitions: number }

/** Sorts one chunk of a day's movements by the partitions in which their merchants' bills are made. */
export async function scatterMovements(
  { movements }: { movements: Pick<MovementStore, "scatter"> },
  { partitions, ...chunk }: ChunkToScatter,
): Promise<{ lines: number }> {
  // A merchant has many lines; the hash is made once.
  const known = new Map<string, number>()
  const lines = await movements.scatter(chunk, (merchantId) => {
    let partition = known.get(merchantId)
    if (partition === undefined) {
      partition = partitionOf(merchantId, partitions)
      known.set(merchantId, partition)
    }
    return partition
  })
  return { lines }
}

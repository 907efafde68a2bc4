/** How the bills of a day are shared out, so that none of the work has more than a small part of the day in memory. */
import { sha256 } from "./hash.ts"

const MOST_PARTITIONS = 256
const PARTITION_BYTES = 8 * 1024 * 1024
const PARTITION_MERCHANTS = 400
const CHUNK_OBJECTS = 200

/** Into how many parts the merchants of a day go. */
export function partitionsFor(volume: { bytes: number; merchants: number }): number {
  const needed = Math.max(volume.bytes / PARTITION_BYTES, volume.merchants / PARTITION_MERCHANTS)
  return Math.min(MOST_PARTITIONS, Math.max(1, Math.ceil(needed)))
}

/** Where a merchant's bill is made. */
export function partitionOf(merchantId: string, partitions: number): number {
  return sha256(["bill", merchantId]).readUInt32BE(0) % partitions
}

/** Beginnings of the objects' names, which are hex digits and spread evenly: each is a chunk to be sorted at a time. */
export function chunksFor(objects: number): string[] {
  let chunks = [""]
  while (objects / chunks.length > CHUNK_OBJECTS && chunks.length < 256) {
    chunks = chunks.flatMap((it) => [...HEX_DIGITS].map((digit) => it + digit))
  }
  return chunks
}

const HEX_DIGITS = "0123456789abcdef"

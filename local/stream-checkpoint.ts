import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"

/** How far a stream was delivered: at least once, so it is kept after a batch was done, never before. */
export type StreamCheckpoint = {
  /** Sequence number of the last record done. */
  after(shardId: string): string | undefined
  finished(shardId: string): boolean
  keep(shardId: string, sequenceNumber: string): void
  finish(shardId: string): void
  /** Forgets the shards that the stream itself has forgotten. */
  retain(shardIds: readonly string[]): void
}

type Kept = { streamArn: string; shards: Record<string, { after?: string; finished?: true }> }

/** What the file says of that stream; nothing if it speaks of another one, since the table was made anew. */
export function openCheckpoint(file: string, streamArn: string): StreamCheckpoint {
  mkdirSync(dirname(file), { recursive: true })
  const kept = read(file)
  const shards = kept?.streamArn === streamArn ? kept.shards : {}
  const write = () => {
    writeFileSync(`${file}.new`, JSON.stringify({ streamArn, shards } satisfies Kept))
    renameSync(`${file}.new`, file)
  }
  return {
    after: (shardId) => shards[shardId]?.after,
    finished: (shardId) => shards[shardId]?.finished === true,
    keep(shardId, sequenceNumber) {
      shards[shardId] = { after: sequenceNumber }
      write()
    },
    finish(shardId) {
      shards[shardId] = { ...shards[shardId], finished: true }
      write()
    },
    retain(shardIds) {
      for (const shardId of Object.keys(shards)) if (!shardIds.includes(shardId)) delete shards[shardId]
    },
  }
}

function read(file: string): Kept | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Kept
  } catch {
    // None, or a damaged one: everything that the stream still has is delivered again, which functions must bear.
    return undefined
  }
}

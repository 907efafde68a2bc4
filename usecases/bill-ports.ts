/** What movements and bills need of the world. Adapters: persistence/movement-store.ts, bill-store.ts, bill-runs.ts. */
import type { BillInfo } from "../domain/bill.ts"
import type { Movement } from "../domain/movement.ts"

/** The zone whose days and times a merchant's are; may be some minutes old. */
export type MerchantZones = { timeZoneOf(merchantId: string): Promise<string> }

export type MovementStore = {
  /** Keeps them under the bill they are to stand in. Put again, the same ones in the same order take no more room. */
  put(billDay: string, movements: readonly Movement[]): Promise<void>
  /** How many objects a bill day has, and of how many bytes. */
  measure(billDay: string): Promise<{ objects: number; bytes: number }>
  /** The bill days from `first` on that have any, in their order. */
  days(first: string): Promise<string[]>
  /** Sorts the objects of one chunk into partitions of that run; gives the number of lines. Done again it is the same. */
  scatter(chunk: RunDay & { chunk: string }, partitionOf: (merchantId: string) => number): Promise<number>
  /** By merchant, unread: what cannot be read throws when it is. */
  partition(run: RunDay, partition: number): Promise<ReadonlyMap<string, () => Movement[]>>
}

/** One run of making the bills of one day; runs of a day have different names. */
export type RunDay = { run: string; day: string }

/** A bill as it is kept: everything but the file itself. */
export type MadeBill = {
  merchantId: string
  day: string
  infos: readonly BillInfo[]
  lines: number
  /** Hex. */
  sha256: string
  merkleRoot: string
  /** Base64, by the platform's root key: over the file's bytes, and over the statement's. */
  signature: string
  statement: string
  statementSignature: string
  keyId: string
}

export type BillStore = {
  read(merchantId: string, day: string): Promise<MadeBill | undefined>
  file(merchantId: string, day: string): Promise<Buffer | undefined>
  /** The file first: a bill is made when what `read` gives is there, and never changes after that. */
  keep(bill: MadeBill, file: Buffer): Promise<void>
  /** An address at which the file can be fetched for so long, by whoever has it. */
  link(merchantId: string, day: string, lifeMs: number): Promise<string>
}

/** Signs a SHA-256 digest with the platform's root key. */
export type RootSigner = { keyId: string; signDigest(digest: Buffer): Promise<Buffer> }

/** How the bills of a day stand after their last run. */
export type RunMarker = RunDay & {
  startedAtMs: number
  finishedAtMs: number
  partitions: number
  movements: number
  /** Made by this run or before. */
  bills: number
  /** Merchants whose own day was not over yet. */
  waiting: readonly string[]
  failed: readonly { merchantId: string; why: string }[]
  /** Partitions that came to no end. */
  lost: readonly number[]
}

/** How far a run that has not ended has come. */
export type RunProgress = RunDay & {
  startedAtMs: number
  objects: number
  chunks: number
  partitions: number
}

export type PartitionResult = {
  movements: number
  bills: number
  waiting: readonly string[]
  failed: readonly { merchantId: string; why: string }[]
}

/** The books of the runs themselves. */
export type BillRuns = {
  marker(day: string): Promise<RunMarker | undefined>
  /** The markers of the days from `first` on. */
  markers(first: string): Promise<RunMarker[]>
  keepMarker(marker: RunMarker): Promise<void>
  progress(day: string): Promise<RunProgress | undefined>
  keepProgress(progress: RunProgress): Promise<void>
  roster(run: RunDay): Promise<string[]>
  keepRoster(run: RunDay, merchantIds: readonly string[]): Promise<void>
  /** By partition. */
  results(run: RunDay): Promise<ReadonlyMap<number, PartitionResult>>
  keepResult(run: RunDay, partition: number, result: PartitionResult): Promise<void>
}

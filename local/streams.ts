import { setTimeout as sleep } from "node:timers/promises"
import { DescribeTableCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb"
import type { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams"
import { LOCAL_REGION } from "./account.ts"
import { failedItems } from "./batch-failures.ts"
import type { StreamMapping } from "./blueprint.ts"
import type { InvocationOutcome } from "./function-pool.ts"
import type { StreamCheckpoint } from "./stream-checkpoint.ts"
import { listShards, readShard, type StreamRecord } from "./stream-reader.ts"

export type StreamDeliverySurroundings = {
  client: DynamoDBStreamsClient
  streamArn: string
  checkpoint: StreamCheckpoint
  invoke(event: string): Promise<InvocationOutcome>
  /** Keeps what no try could deliver, as Lambda does in the mapping's failure destination. */
  giveUp(event: string, lastOutcome: InvocationOutcome): Promise<void>
  /** Told of faults of the stream itself. */
  warn(text: string): void
  /** Divides the pauses between tries. */
  speed: number
}

const IDLE_POLL_MS = 100
const RETRY_AFTER_MS = 200
const RETRY_AT_MOST_AFTER_MS = 30_000
const AFTER_FAULT_MS = 500

/** ARN of the table's present stream. */
export async function streamArnOf(client: DynamoDBClient, tableName: string): Promise<string> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }))
  if (!Table?.LatestStreamArn) throw new Error(`Table ${tableName} has no stream`)
  return Table.LatestStreamArn
}

export type StreamDeliveryHandle = {
  /** Resolves when everything is delivered that was in the stream by now. */
  caughtUp(): Promise<void>
  stop(): Promise<void>
}

/**
 * Brings a table's changes to its function, as Lambda's event source mapping does: each shard in order and after its parent,
 * at least once, from the checkpoint on.
 */
export function deliverStream(
  mapping: StreamMapping,
  around: StreamDeliverySurroundings,
): StreamDeliveryHandle {
  const stopping = new AbortController()
  const delivery = new StreamDelivery(mapping, around, stopping.signal)
  const ended = delivery.run()
  return {
    caughtUp: () => delivery.caughtUp(),
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

class StreamDelivery {
  readonly #mapping: StreamMapping
  readonly #around: StreamDeliverySurroundings
  readonly #signal: AbortSignal
  readonly #running = new Map<string, Promise<void>>()
  /** By shard: who is to be told when a read that was begun from now on finds nothing. */
  readonly #waiting = new Map<string, (() => void)[]>()

  constructor(mapping: StreamMapping, around: StreamDeliverySurroundings, signal: AbortSignal) {
    this.#mapping = mapping
    this.#around = around
    this.#signal = signal
  }

  async run(): Promise<void> {
    const { warn } = this.#around
    while (!this.#signal.aborted) {
      try {
        await this.#startShards()
        // New shards are children of a closed one, so they are looked for when one ends.
        await Promise.race([...this.#running.values(), this.#pause(RETRY_AT_MOST_AFTER_MS)])
      } catch (fault) {
        warn(`${this.#mapping.tableName}: ${fault}`)
        await this.#pause(AFTER_FAULT_MS)
      }
    }
    await Promise.all(this.#running.values())
  }

  async caughtUp(): Promise<void> {
    const shards = [...this.#running].map(([shardId, ended]) => {
      const told = new Promise<void>((resolve) => {
        this.#waiting.set(shardId, [...(this.#waiting.get(shardId) ?? []), resolve])
      })
      return Promise.race([told, ended])
    })
    await Promise.all(shards)
  }

  async #startShards(): Promise<void> {
    const { client, streamArn, checkpoint } = this.#around
    const shards = await listShards(client, streamArn)
    const known = shards.map(({ ShardId = "" }) => ShardId)
    checkpoint.retain(known)
    for (const { ShardId = "", ParentShardId = "" } of shards) {
      const waits = known.includes(ParentShardId) && !checkpoint.finished(ParentShardId)
      if (waits || checkpoint.finished(ShardId) || this.#running.has(ShardId)) continue
      const ended = this.#followShard(ShardId).finally(() => this.#running.delete(ShardId))
      this.#running.set(ShardId, ended)
    }
  }

  async #followShard(shardId: string): Promise<void> {
    const { client, streamArn, checkpoint, warn } = this.#around
    const { from, batchSize, tableName } = this.#mapping
    let reader = readShard(client, { streamArn, shardId, after: checkpoint.after(shardId), otherwise: from })
    while (!this.#signal.aborted) {
      try {
        const waiting = this.#waiting.get(shardId) ?? []
        const { records, ended } = await reader.read(batchSize)
        if (records.length > 0 && !(await this.#settle(shardId, records))) return
        if (ended) {
          checkpoint.finish(shardId)
          return
        }
        if (records.length > 0) continue
        for (const tell of waiting) tell()
        this.#waiting.set(shardId, (this.#waiting.get(shardId) ?? []).slice(waiting.length))
        await this.#pause(IDLE_POLL_MS)
      } catch (fault) {
        if (this.#signal.aborted) return
        warn(`${tableName}: ${fault}`)
        await this.#pause(AFTER_FAULT_MS)
        reader = readShard(client, { streamArn, shardId, after: checkpoint.after(shardId), otherwise: from })
      }
    }
  }

  /** Tries until these are done or given up; false when stopped before. */
  async #settle(shardId: string, given: readonly StreamRecord[]): Promise<boolean> {
    const { bisect, maxRetries = Number.POSITIVE_INFINITY } = this.#mapping
    let records = given
    for (let retries = 0; ; ) {
      const { done, outcome } = await this.#try(records)
      if (this.#signal.aborted && done === 0) return false
      if (done > 0) this.#keep(shardId, records[done - 1])
      if (done === records.length) return true
      if (done > 0) {
        records = records.slice(done)
        retries = 0
      } else if (bisect && records.length > 1) {
        const half = Math.ceil(records.length / 2)
        return (
          (await this.#settle(shardId, records.slice(0, half))) && this.#settle(shardId, records.slice(half))
        )
      } else if (retries >= maxRetries || this.#tooOld(records)) {
        await this.#around.giveUp(this.#event(records), outcome)
        this.#keep(shardId, records.at(-1))
        return true
      } else {
        await this.#pause(
          Math.min(RETRY_AFTER_MS * 2 ** retries, RETRY_AT_MOST_AFTER_MS) / this.#around.speed,
        )
        retries += 1
      }
    }
  }

  /** How many records, from the first on, the function got done. */
  async #try(records: readonly StreamRecord[]): Promise<{ done: number; outcome: InvocationOutcome }> {
    const outcome = await this.#around.invoke(this.#event(records))
    const items = records.map(({ dynamodb }) => dynamodb?.SequenceNumber ?? "")
    const failed = failedItems(outcome, { items, reportItemFailures: this.#mapping.reportItemFailures })
    if (failed === "all") return { done: 0, outcome }
    const first = items.findIndex((item) => failed.has(item))
    return { done: first < 0 ? records.length : first, outcome }
  }

  #keep(shardId: string, record: StreamRecord | undefined): void {
    const sequenceNumber = record?.dynamodb?.SequenceNumber
    if (sequenceNumber) this.#around.checkpoint.keep(shardId, sequenceNumber)
  }

  /** By the machine's clock, like the stamps of DynamoDB Local. */
  #tooOld(records: readonly StreamRecord[]): boolean {
    const { maxAgeMs } = this.#mapping
    const createdAtMs = records[0]?.dynamodb?.ApproximateCreationDateTime?.getTime()
    return maxAgeMs !== undefined && createdAtMs !== undefined && Date.now() - createdAtMs > maxAgeMs
  }

  #event(records: readonly StreamRecord[]): string {
    return eventOf(records, this.#around.streamArn)
  }

  /** Ends early, without a fault, when the delivery is stopped. */
  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#signal }).catch(() => {})
  }
}

/** The event that Lambda makes of stream records: numbers of seconds, and bytes in base64. */
export function eventOf(records: readonly StreamRecord[], streamArn: string): string {
  const Records = records.map((record) => ({
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: LOCAL_REGION,
    dynamodb: {
      ...record.dynamodb,
      ApproximateCreationDateTime: Math.floor(
        (record.dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0) / 1000,
      ),
    },
    ...(record.userIdentity && { userIdentity: record.userIdentity }),
    eventSourceARN: streamArn,
  }))
  return JSON.stringify({ Records }, function (this: Record<string, unknown>, key: string, value: unknown) {
    // Asked of the holder: what a Buffer makes of itself for JSON is no more one.
    const held = this[key]
    return held instanceof Uint8Array ? Buffer.from(held).toString("base64") : value
  })
}

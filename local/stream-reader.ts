import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
  type _Record as StreamRecord,
  TrimmedDataAccessException,
} from "@aws-sdk/client-dynamodb-streams"

export type { StreamRecord }

/** All shards of a stream that it still remembers, closed ones too. */
export async function listShards(client: DynamoDBStreamsClient, streamArn: string): Promise<Shard[]> {
  const shards: Shard[] = []
  let last: string | undefined
  do {
    const command = new DescribeStreamCommand({ StreamArn: streamArn, ExclusiveStartShardId: last })
    const { StreamDescription } = await client.send(command)
    shards.push(...(StreamDescription?.Shards ?? []))
    last = StreamDescription?.LastEvaluatedShardId
  } while (last)
  return shards
}

/** Reads a shard from a position on; `ended` when it is closed and nothing is left. */
export type ShardReader = { read(limit: number): Promise<{ records: StreamRecord[]; ended: boolean }> }

export function readShard(
  client: DynamoDBStreamsClient,
  shard: {
    streamArn: string
    shardId: string
    after: string | undefined
    otherwise: "TRIM_HORIZON" | "LATEST"
  },
): ShardReader {
  let { after } = shard
  let iterator: string | undefined

  async function start(): Promise<string | undefined> {
    const given = { StreamArn: shard.streamArn, ShardId: shard.shardId }
    const ask = async (where: {
      ShardIteratorType: "TRIM_HORIZON" | "LATEST" | "AFTER_SEQUENCE_NUMBER"
      SequenceNumber?: string
    }) => (await client.send(new GetShardIteratorCommand({ ...given, ...where }))).ShardIterator
    if (after === undefined) return ask({ ShardIteratorType: shard.otherwise })
    try {
      return await ask({ ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: after })
    } catch (fault) {
      // Older than what the stream keeps: what is left of it comes next.
      if (fault instanceof TrimmedDataAccessException) return ask({ ShardIteratorType: "TRIM_HORIZON" })
      throw fault
    }
  }

  return {
    async read(limit) {
      iterator ??= await start()
      try {
        const { Records: records = [], NextShardIterator } = await client.send(
          new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }),
        )
        iterator = NextShardIterator
        after = records.at(-1)?.dynamodb?.SequenceNumber ?? after
        return { records, ended: iterator === undefined }
      } catch (fault) {
        const stale = fault instanceof ExpiredIteratorException || fault instanceof TrimmedDataAccessException
        if (!stale) throw fault
        iterator = undefined
        return { records: [], ended: false }
      }
    },
  }
}

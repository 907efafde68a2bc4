/** Objects of one S3 bucket, as far as movements and bills need them. */
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3"

export type StoredObject = { key: string; bytes: number }

export type ObjectStore = {
  put(key: string, body: Buffer | string, contentType: string): Promise<void>
  /** False, and nothing is written, where there is one of that key. */
  putIfAbsent(key: string, body: Buffer | string, contentType: string): Promise<boolean>
  get(key: string): Promise<Buffer | undefined>
  /** Page by page, in the order of the keys; those after `after` where it is given. */
  list(prefix: string, after?: string): AsyncIterable<StoredObject[]>
  /** The next parts of the keys after the prefix, up to the next slash, each once; from `first` on. */
  folders(prefix: string, first: string): Promise<string[]>
}

const PRECONDITION_FAILED = 412

export function objectStore(client: S3Client, Bucket: string): ObjectStore {
  async function put(Key: string, Body: Buffer | string, ContentType: string, IfNoneMatch?: "*") {
    await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType, IfNoneMatch }))
  }

  async function* pages(input: { Prefix: string; StartAfter?: string; Delimiter?: string }) {
    let ContinuationToken: string | undefined
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket, ...input, ContinuationToken }))
      yield page
      ContinuationToken = page.NextContinuationToken
    } while (ContinuationToken)
  }

  return {
    put,

    async putIfAbsent(key, body, contentType) {
      try {
        await put(key, body, contentType, "*")
        return true
      } catch (fault) {
        if (statusOf(fault) === PRECONDITION_FAILED) return false
        throw fault
      }
    },

    async get(Key) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
        return Body && Buffer.from(await Body.transformToByteArray())
      } catch (fault) {
        if (fault instanceof S3ServiceException && fault.name === "NoSuchKey") return undefined
        throw fault
      }
    },

    async *list(Prefix, StartAfter) {
      for await (const { Contents = [] } of pages({ Prefix, StartAfter })) {
        yield Contents.map(({ Key = "", Size = 0 }) => ({ key: Key, bytes: Size }))
      }
    },

    async folders(Prefix, first) {
      const found: string[] = []
      // What is within the folder of that name comes after the name alone.
      const StartAfter = `${Prefix}${first}`
      for await (const { CommonPrefixes = [] } of pages({ Prefix, StartAfter, Delimiter: "/" })) {
        found.push(...CommonPrefixes.map((it) => (it.Prefix ?? "").slice(Prefix.length, -1)))
      }
      return found
    },
  }
}

function statusOf(fault: unknown): number | undefined {
  return fault instanceof S3ServiceException ? fault.$metadata.httpStatusCode : undefined
}

import {
  DeleteObjectsCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from "@aws-sdk/client-s3"
import { clientOptions } from "../../local/account.ts"
import { CREDENTIALS, type Emulator } from "./emulator.ts"

const PREFIX = "metropay-test-"

type Version = { Key: string; VersionId: string }

/** The buckets of stage test, whether it is deployed or not. */
export type BucketContents = {
  /** In the order of the alphabet. */
  names(): Promise<string[]>
  /** Everything that was ever put there and is not gone for good, and what marks objects as deleted. */
  versions(bucket: string): Promise<Version[]>
  /** Takes all of that away, as docs/operations/deploying.md says. Throws why something cannot be. */
  empty(bucket: string): Promise<void>
}

export function bucketContents({ url }: Emulator): BucketContents {
  const s3 = new S3Client({ ...clientOptions(url, CREDENTIALS), forcePathStyle: true })
  const versions = async (Bucket: string): Promise<Version[]> => {
    const {
      Versions = [],
      DeleteMarkers = [],
      IsTruncated,
    } = await s3.send(new ListObjectVersionsCommand({ Bucket }))
    if (IsTruncated) throw new Error(`more is in ${Bucket} than this test puts there`)
    return [...Versions, ...DeleteMarkers].map(({ Key = "", VersionId = "" }) => ({ Key, VersionId }))
  }
  return {
    async names() {
      const { Buckets = [] } = await s3.send(new ListBucketsCommand({}))
      return Buckets.map(({ Name = "" }) => Name)
        .filter((name) => name.startsWith(PREFIX))
        .sort()
    },
    versions,
    async empty(Bucket) {
      const Objects = await versions(Bucket)
      if (Objects.length === 0) return
      const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
      if (Errors[0]) throw new Error(`${Errors[0].Key}: ${Errors[0].Message}`)
    },
  }
}

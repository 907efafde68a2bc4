/** The buckets of movements and bills, as functions use them. */
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { getSignedUrl } from "@aws-sdk/s3-request-presigner"
import { billRuns } from "../persistence/bill-runs.ts"
import { billStore, type ObjectLinks } from "../persistence/bill-store.ts"
import { movementStore } from "../persistence/movement-store.ts"
import { objectStore } from "../persistence/object-store.ts"
import type { Environment } from "./environment.ts"
import { traced } from "./tracing.ts"

/** None of the calls answers by one; what would read it is not in the bundle (infra/left-out.ts). */
const noEventStream = () => {
  throw new Error("an event stream, which objects never answer")
}

const s3 = traced(
  new S3Client({
    maxAttempts: 3,
    // Objects of a day's bills may be large.
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
    eventStreamSerdeProvider: () => ({ deserialize: noEventStream, serialize: noEventStream }),
  }),
)

export function openMovements({ movementsBucket }: Environment) {
  return movementStore(objectStore(s3, movementsBucket))
}

export function openBillRuns({ movementsBucket }: Environment) {
  return billRuns(objectStore(s3, movementsBucket))
}

export function openBills({ billsBucket }: Environment) {
  return billStore(objectStore(s3, billsBucket), linksTo(billsBucket))
}

/** Whoever has such a link may fetch that one object until it ends; it carries no key, only a signature made with one. */
function linksTo(Bucket: string): ObjectLinks {
  return (Key, fileName, lifeMs) =>
    getSignedUrl(
      s3,
      new GetObjectCommand({
        Bucket,
        Key,
        ResponseContentType: "text/csv; charset=utf-8",
        ResponseContentDisposition: `attachment; filename="${fileName}"`,
      }),
      { expiresIn: lifeMs / 1000 },
    )
}

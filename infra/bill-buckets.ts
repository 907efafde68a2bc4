import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectLockRetention,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3"
import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib/core"
import type { Construct } from "constructs"
import type { Settings } from "./settings.ts"

/** What a run leaves on its way is read again within hours, if at all. */
const WORK_KEPT = Duration.days(14)
/** What was overwritten: the same content, unless something is wrong. */
const OVERWRITTEN_KEPT = Duration.days(90)

/** Movements are kept as long as the stage: account flows and bills can be made of them again. */
export function movementsBucket(scope: Construct, settings: Settings): Bucket {
  return logged(
    new Bucket(scope, "Movements", {
      ...closed(settings),
      lifecycleRules: [
        { prefix: "work/", expiration: WORK_KEPT },
        {
          noncurrentVersionExpiration: OVERWRITTEN_KEPT,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    }),
  )
}

/** Under retention from the moment they are made, for as long as the settings say. */
export function billsBucket(scope: Construct, settings: Settings): Bucket {
  const { billLock } = settings
  return logged(
    new Bucket(scope, "Bills", {
      ...closed(settings),
      ...(billLock && {
        objectLockEnabled: true,
        objectLockDefaultRetention: ObjectLockRetention[billLock.mode](Duration.days(billLock.days)),
      }),
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    }),
  )
}

function closed({ keepData }: Settings) {
  return {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    versioned: true,
    removalPolicy: keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  }
}

function logged(bucket: Bucket): Bucket {
  Validations.of(bucket).acknowledge({
    id: "AwsSolutions-S1",
    reason:
      "Closed to the public, and written by the roles of two functions; reads are watched by the account's CloudTrail data events rather than by a further bucket that would need the same care.",
  })
  return bucket
}

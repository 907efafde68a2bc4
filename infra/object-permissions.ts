import { Effect, PolicyStatement, type Role } from "aws-cdk-lib/aws-iam"
import type { Bucket } from "aws-cdk-lib/aws-s3"
import { Stack, Validations } from "aws-cdk-lib/core"
import type { ObjectAccess } from "./function-table.ts"

/**
 * Reading and writing objects whose keys begin so. Who reads may list the bucket too: without that, S3 says of an object
 * that is not there yet that it is forbidden. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function allowObjects(
  role: Role,
  sid: string,
  bucket: Bucket,
  { reads = [], writes = [] }: ObjectAccess<string> = {},
): void {
  const add = (verb: string, action: string, resources: string[]) => {
    if (resources.length === 0) return
    const statement = { sid: `${verb}${sid}`, effect: Effect.ALLOW, actions: [`s3:${action}`], resources }
    role.addToPolicy(new PolicyStatement(statement))
  }
  const below = (prefixes: readonly string[]) => prefixes.map((it) => bucket.arnForObjects(`${it}*`))
  add("List", "ListBucket", reads.length > 0 ? [bucket.bucketArn] : [])
  add("Read", "GetObject", below(reads))
  add("Write", "PutObject", below(writes))
  for (const prefix of new Set([...reads, ...writes])) {
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${exportName(bucket)}/${prefix}*]`,
      reason: "Objects are named after days, merchants and contents, which nobody knows beforehand.",
    })
  }
}

/** How a resource of the other stack stands in the template of this one, by which cdk-nag names what it finds. */
export function exportName(bucket: Bucket): string {
  const owner = Stack.of(bucket)
  return owner.resolve(owner.exportValue(bucket.bucketArn))["Fn::ImportValue"]
}

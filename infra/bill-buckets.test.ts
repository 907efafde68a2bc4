import assert from "node:assert/strict"
import { test } from "node:test"
import { Match } from "aws-cdk-lib/assertions"
import { templatesOf } from "./test-templates.ts"

const buckets = (overrides: Record<string, unknown>) => {
  const { data } = templatesOf(overrides)
  const found = Object.entries(data.findResources("AWS::S3::Bucket"))
  const named = (name: string) => {
    const bucket = found.find(([id]) => id.startsWith(name))?.[1]
    assert.ok(bucket, name)
    return bucket
  }
  return { data, bills: named("Bills"), movements: named("Movements") }
}

test("bills are under retention from when they are made, and outlive their stack", () => {
  const { bills } = buckets({ stage: "production" })
  assert.deepEqual(bills.Properties.ObjectLockConfiguration, {
    ObjectLockEnabled: "Enabled",
    Rule: { DefaultRetention: { Days: 1_100, Mode: "GOVERNANCE" } },
  })
  assert.deepEqual(
    [bills.Properties.ObjectLockEnabled, bills.Properties.VersioningConfiguration],
    [true, { Status: "Enabled" }],
  )
  assert.deepEqual([bills.DeletionPolicy, bills.UpdateReplacePolicy], ["Retain", "Retain"])
})

test("how long is a setting, and none where nothing is to last", () => {
  const locked = buckets({ stage: "test", billLock: { mode: "compliance", days: 7 } })
  assert.deepEqual(locked.bills.Properties.ObjectLockConfiguration.Rule, {
    DefaultRetention: { Days: 7, Mode: "COMPLIANCE" },
  })
  const { bills, movements } = buckets({ stage: "test" })
  assert.equal(bills.Properties.ObjectLockConfiguration, undefined)
  assert.deepEqual([bills.DeletionPolicy, movements.DeletionPolicy], ["Delete", "Delete"])
})

test("of the bucket of movements only what runs leave on their way is tidied up", () => {
  const { data, movements } = buckets({ stage: "production" })
  assert.equal(movements.DeletionPolicy, "Retain")
  const rules = movements.Properties.LifecycleConfiguration.Rules as { ExpirationInDays?: number }[]
  assert.deepEqual(
    rules.filter((it) => it.ExpirationInDays !== undefined),
    [{ ExpirationInDays: 14, Prefix: "work/", Status: "Enabled" }],
  )
  data.allResourcesProperties("AWS::S3::Bucket", {
    PublicAccessBlockConfiguration: Match.objectLike({ BlockPublicAcls: true, RestrictPublicBuckets: true }),
    BucketEncryption: Match.anyValue(),
  })
})

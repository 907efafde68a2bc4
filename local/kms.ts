import { type AwsEndpoint, AwsRefusal, startAwsJson } from "./aws-json-endpoint.ts"
import type { KmsKey } from "./kms-keys.ts"
import { type KeyRing, KMS_OPERATIONS, type KmsInput } from "./kms-operations.ts"

/**
 * A KMS for these keys on a free loopback port. There is no local KMS on the package registry; the operations are those
 * that the platform uses.
 */
export function startKms(keys: readonly KmsKey[]): Promise<AwsEndpoint> {
  const ring = keyRing(keys)
  const operations = Object.entries(KMS_OPERATIONS).map(
    ([name, operation]) => [name, (input: KmsInput) => operation(input, ring)] as const,
  )
  return startAwsJson({
    target: "TrentService",
    protocol: "1.1",
    operations: Object.fromEntries(operations),
    faultType: "KMSInternalException",
  })
}

/** Keys by id, by ARN, and by alias with or without the ARN's head, as KMS takes them. */
function keyRing(keys: readonly KmsKey[]): KeyRing {
  const byName = new Map<string, KmsKey>()
  for (const key of keys) {
    const arnHead = key.arn.slice(0, key.arn.lastIndexOf(":") + 1)
    for (const name of [key.keyId, key.arn, ...key.aliases, ...key.aliases.map((alias) => arnHead + alias)]) {
      byName.set(name, key)
    }
  }
  return {
    find(keyId) {
      const key = byName.get(keyId ?? "")
      if (!key) throw new AwsRefusal("NotFoundException", `Key '${keyId}' does not exist`)
      return key
    },
  }
}

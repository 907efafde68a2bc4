import type { MerchantEdge } from "../http/merchant-call.ts"
import { parsePublicKey, type RegisteredKey } from "../http/registered-key.ts"
import type { Environment } from "./environment.ts"
import { clock, random } from "./machine.ts"
import type { platformSecrets } from "./secrets.ts"
import { trace } from "./tracing.ts"

/** The way in for merchants, put together for a deployed function. */
export function merchantEdge(
  environment: Environment,
  secrets: ReturnType<typeof platformSecrets>,
): MerchantEdge {
  const parsed = new Map<string, RegisteredKey>()
  return {
    publicUrl: environment.publicUrl,
    nowMs: clock.nowMs,
    monotonicMs: clock.monotonicMs,
    newRequestId: random.id,
    trace,
    explain: !environment.production,
    answerKey: secrets.answerKey,
    async findKey(merchantId, keyId) {
      const found = await (await secrets.merchants()).apiKey(merchantId, keyId)
      if (!found) return undefined
      // Reading a PEM costs as much as verifying with it.
      const known = parsed.get(found.publicKeyPem)
      if (known) return known
      const read = parsePublicKey(found.publicKeyPem)
      if (!read.ok) throw new Error(`registered key ${merchantId}/${keyId}: ${read.problem}`)
      parsed.set(found.publicKeyPem, read.key)
      return read.key
    },
  }
}

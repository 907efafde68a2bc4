/** Whose code is this (A8). Wrong codes count towards the same limit as in paying: this must not be a way to guess. */
import { CODE_TOLERANCE_MS, codeKindOf, payIdOf } from "../domain/payment-code.ts"
import type { Clock, CodeStore, CustomerStore, PaymentSettings, WrongCodeStore } from "./ports.ts"
import { countWrongCode } from "./wrong-codes.ts"

export type QueryUidPorts = {
  clock: Clock
  codeKey: Buffer
  codes: CodeStore
  customers: CustomerStore
  wrongCodes: WrongCodeStore
  settings: PaymentSettings
}

export type QueryUidResult =
  | { ok: true; uid: string }
  | {
      ok: false
      refusal: { code: "CODE_NOT_FOUND" } | { code: "TOO_MANY_REQUESTS"; retryAfterSeconds: number }
    }

export async function queryUid(
  ports: QueryUidPorts,
  merchantId: string,
  code: string,
): Promise<QueryUidResult> {
  const nowMs = ports.clock.nowMs()
  const own = codeKindOf(code, ports.settings.codeKinds) === "own"
  const found = own ? await ports.codes.read(payIdOf(ports.codeKey, code), { consistent: true }) : undefined
  if (!found) {
    const blocked = await countWrongCode(ports.wrongCodes, ports.settings.wrongCodes, merchantId, nowMs)
    if (blocked) {
      return {
        ok: false,
        refusal: { code: "TOO_MANY_REQUESTS", retryAfterSeconds: blocked.blockedForSeconds },
      }
    }
    return { ok: false, refusal: { code: "CODE_NOT_FOUND" } }
  }
  const customer = await ports.customers.read(found.uid)
  const live =
    found.expiresAtMs > nowMs - CODE_TOLERANCE_MS && customer?.open && customer.epoch === found.epoch
  return live ? { ok: true, uid: found.uid } : { ok: false, refusal: { code: "CODE_NOT_FOUND" } }
}

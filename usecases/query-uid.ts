/** Whose code is this (A8). Wrong codes count towards the same limit as in paying: this must not be a way to guess. */
import { CODE_TOLERANCE_MS, codeKindOf, payIdOf } from "../domain/payment-code.ts"
import type { Clock, CodeStore, CustomerStore, PaymentSettings, WrongCodeStore } from "./ports.ts"
import { countWrongCode, wrongCodesBlocked } from "./wrong-codes.ts"

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
  const { wrongCodes, settings } = ports
  const kind = codeKindOf(code, settings.codeKinds)
  // A channel's code has no customer of ours, and a till that asks about every scan guesses nothing by it.
  if (kind !== undefined && kind !== "own") return notFound
  const found =
    kind === "own" ? await ports.codes.read(payIdOf(ports.codeKey, code), { consistent: true }) : undefined
  if (!found) {
    const blocked = await countWrongCode(wrongCodes, settings.wrongCodes, merchantId, nowMs)
    return blocked ? tooMany(blocked.blockedForSeconds) : notFound
  }
  const [customer, blocked] = await Promise.all([
    ports.customers.read(found.uid),
    wrongCodesBlocked(wrongCodes, settings.wrongCodes, merchantId, nowMs),
  ])
  // Over the limit a hit must not be told from a miss.
  if (blocked) return tooMany(blocked.blockedForSeconds)
  const live =
    found.expiresAtMs > nowMs - CODE_TOLERANCE_MS && customer?.open && customer.epoch === found.epoch
  return live ? { ok: true, uid: found.uid } : notFound
}

const notFound: QueryUidResult = { ok: false, refusal: { code: "CODE_NOT_FOUND" } }

function tooMany(retryAfterSeconds: number): QueryUidResult {
  return { ok: false, refusal: { code: "TOO_MANY_REQUESTS", retryAfterSeconds } }
}

import type { IssuedCode } from "../../domain/customer.ts"
import type { CodeStore } from "../../usecases/ports.ts"

/** A code, which attempt claimed it first, and how often it was claimed. */
type KeptCode = { code: IssuedCode; firstAttempt?: string; claims: number }
export type CodeTable = Map<string, KeptCode>

export function memoryCodes(table: CodeTable): CodeStore {
  return {
    async put(code) {
      if (table.has(code.payId)) return false
      table.set(code.payId, { code: { ...code }, claims: 0 })
      return true
    },

    async claim(payId, { owner, tradeNo, attempt }, notExpiredBeforeMs) {
      const kept = table.get(payId)
      if (!kept) return { claimed: false, why: "unknown" }
      const { code } = kept
      if (code.owner !== undefined && code.owner !== owner) return { claimed: false, why: "used" }
      if (code.owner === undefined && code.expiresAtMs <= notExpiredBeforeMs) {
        return { claimed: false, why: "expired" }
      }
      kept.code = { ...code, owner, tradeNo }
      kept.firstAttempt ??= attempt
      kept.claims += 1
      return { claimed: true, code: { ...kept.code } }
    },

    async release(payId, { owner, attempt }) {
      const kept = table.get(payId)
      if (kept?.code.owner !== owner || kept.firstAttempt !== attempt || kept.claims !== 1) return
      const { owner: _owner, tradeNo: _tradeNo, ...code } = kept.code
      table.set(payId, { code, claims: 0 })
    },

    async read(payId) {
      const code = table.get(payId)?.code
      return code && { ...code }
    },
  }
}

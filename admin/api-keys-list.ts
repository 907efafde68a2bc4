import type { RegisteredApiKey } from "../persistence/merchant-items.ts"
import type { Command } from "./command.ts"
import { findMerchant } from "./find-merchant.ts"
import { fingerprintOf } from "./key-fingerprint.ts"
import { keyAsJson } from "./merchant-words.ts"
import { localTime } from "./times.ts"

export const apiKeysList: Command = {
  name: "api-keys list",
  words: "M",
  summary: "The public keys that a merchant's calls are verified with, revoked ones too",
  details: [
    "Compare a key with its owner by its SHA-256:",
    "openssl pkey -pubin -in FILE -outform DER | sha256sum",
  ],
  takes: ["json"],
  wordCount: { min: 1, max: 1 },
  async run({ words, json }, desk) {
    const found = await findMerchant(desk, words[0])
    if (!found.ok) return found
    const { apiKeys, timeZone, merchantId } = found.merchant
    if (json) return { ok: true, lines: [], json: apiKeys.map(keyAsJson) }
    if (apiKeys.length === 0) return { ok: true, lines: [`${merchantId} has no key yet: api-keys add.`] }
    return { ok: true, lines: apiKeys.flatMap((it) => describe(it, timeZone)) }
  },
}

function describe(key: RegisteredApiKey, timeZone: string): string[] {
  const { algorithm, sha256 } = fingerprintOf(key.publicKeyPem)
  const at = (ms: number | undefined) => (ms === undefined ? "" : ` ${localTime(ms, timeZone)}`)
  const state = key.revoked ? `revoked${at(key.revokedAtMs)}` : "live"
  return [`${key.keyId}  ${algorithm}  ${state}  added${at(key.addedAtMs) || " at setup"}`, `  ${sha256}`]
}

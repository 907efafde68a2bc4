import { createHash } from "node:crypto"
import { parsePublicKey } from "../http/registered-key.ts"

export type Fingerprint = { algorithm: string; sha256: string }

/**
 * By which two people compare a public key on the telephone: SHA-256 over its SubjectPublicKeyInfo, in hex, as
 * `openssl pkey -pubin -in FILE -outform DER | sha256sum` shows it.
 */
export function fingerprintOf(publicKeyPem: string): Fingerprint {
  const parsed = parsePublicKey(publicKeyPem)
  if (!parsed.ok) return { algorithm: "unreadable", sha256: "" }
  const { publicKey, algorithm } = parsed.key
  const der = publicKey.export({ format: "der", type: "spki" })
  return { algorithm, sha256: createHash("sha256").update(der).digest("hex") }
}

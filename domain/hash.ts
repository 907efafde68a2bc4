import { createHash, createHmac } from "node:crypto"

/**
 * Joins parts so that no two different lists give the same bytes: each part is preceded by its length in bytes.
 * ("ab","c") and ("a","bc") must never collide, since order keys and fingerprints are made this way.
 */
export function lengthPrefixed(parts: readonly string[]): string {
  return parts.map((part) => `${Buffer.byteLength(part)}:${part}`).join("")
}

export function sha256(parts: readonly string[]): Buffer {
  return createHash("sha256").update(lengthPrefixed(parts)).digest()
}

/** For values that could be guessed by trying (payment codes, phone numbers): without the key the hash says nothing. */
export function keyedHash(key: Buffer, parts: readonly string[]): Buffer {
  return createHmac("sha256", key).update(lengthPrefixed(parts)).digest()
}

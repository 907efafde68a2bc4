/**
 * Secrets and personal data at rest (H2): AES-256-GCM under a data key that KMS wrapped. Table, key and attribute are bound
 * in, so that a sealed value moved to another item does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { lengthPrefixed } from "../domain/hash.ts"

export type Place = { table: string; pk: string; sk: string; attribute: string }

const IV_BYTES = 12
const TAG_BYTES = 16

export function seal(key: Buffer, place: Place, plain: string): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(aad(place))
  const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed])
}

/** Throws where key or place is another one, or a bit was changed. */
export function unseal(key: Buffer, place: Place, sealed: Uint8Array): string {
  const bytes = Buffer.from(sealed)
  const iv = bytes.subarray(0, IV_BYTES)
  // Without its length a tag that was cut short would do.
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES })
    .setAAD(aad(place))
    .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
    "utf8",
  )
}

function aad({ table, pk, sk, attribute }: Place): Buffer {
  return Buffer.from(lengthPrefixed([table, pk, sk, attribute]))
}

/**
 * Secrets and personal data at rest (H2): AES-256-GCM under a data key that KMS wrapped. Table, key and attribute are bound
 * in, so that a sealed value moved to another item does not open. Data keys have versions: what is sealed anew is sealed
 * under the newest in use, and says so; what an older one sealed opens under that (ADR 0018).
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { lengthPrefixed } from "../domain/hash.ts"

export type Place = { table: string; pk: string; sk: string; attribute: string }

/** Keys of 32 bytes by the version of the data key that they were derived from. */
export type FieldKeys = { sealsUnder: number; byVersion: ReadonlyMap<number, Buffer> }

/** Seals under the newest key in use and opens what any key in use has sealed. Its keys may change while it lives. */
export type FieldSeals = {
  seal(place: Place, plain: string): Promise<Buffer>
  /** Throws where key or place is another one, or a bit was changed. */
  unseal(place: Place, sealed: Uint8Array): Promise<string>
}

const IV_BYTES = 12
const TAG_BYTES = 16
/** Values sealed under version 1 have no head: they begin with their IV, as they did when there was one key only. */
const HEADLESS_VERSION = 1
/** An IV, which is random, begins like this once in 2^32 times; then the tag tells that it is none. */
const HEAD_MARK = Buffer.from([0xff, 0x4d, 0x50, 0x53])
const HEAD_BYTES = HEAD_MARK.length + 2

/** @param keysFor the keys in use, with this version among them if there is such a one */
export function fieldSeals(keysFor: (version?: number) => Promise<FieldKeys>): FieldSeals {
  return {
    seal: async (place, plain) => seal(await keysFor(), place, plain),
    unseal: async (place, sealed) => unseal(await keysFor(versionIn(sealed)), place, sealed).plain,
  }
}

/** For whoever reads what is not sealed. */
export const WITHOUT_KEYS: FieldSeals = fieldSeals(async () => {
  throw new Error("sealed values are not opened here")
})

export function onlyKey(key: Buffer): FieldKeys {
  return { sealsUnder: HEADLESS_VERSION, byVersion: new Map([[HEADLESS_VERSION, key]]) }
}

export function seal(keys: FieldKeys, place: Place, plain: string): Buffer {
  const version = keys.sealsUnder
  const key = keys.byVersion.get(version)
  if (!key) throw new Error(`there is no data key ${version} to seal under`)
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(aad(place, version))
  const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()])
  return Buffer.concat([headOf(version), iv, cipher.getAuthTag(), sealed])
}

/** What was sealed, and the version of the key that opened it. Throws where key or place is another one, or a bit was changed. */
export function unseal(
  keys: FieldKeys,
  place: Place,
  sealed: Uint8Array,
): { plain: string; version: number } {
  const bytes = Buffer.from(sealed)
  const version = versionIn(bytes)
  const headless = keys.byVersion.get(HEADLESS_VERSION)
  if (version !== HEADLESS_VERSION) {
    const key = keys.byVersion.get(version)
    const plain = key && tryOpen(key, aad(place, version), bytes.subarray(HEAD_BYTES))
    if (plain !== undefined) return { plain, version }
  }
  if (!headless) throw new Error(`the data key ${version}, which sealed this, is not in use`)
  return { plain: open(headless, aad(place, HEADLESS_VERSION), bytes), version: HEADLESS_VERSION }
}

/** What a sealed value says of itself; only opening it proves it. */
function versionIn(sealed: Uint8Array): number {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  const hasHead = bytes.length >= HEAD_BYTES && bytes.subarray(0, HEAD_MARK.length).equals(HEAD_MARK)
  return hasHead ? bytes.readUInt16BE(HEAD_MARK.length) : HEADLESS_VERSION
}

function headOf(version: number): Buffer {
  if (version === HEADLESS_VERSION) return Buffer.alloc(0)
  const head = Buffer.alloc(HEAD_BYTES)
  HEAD_MARK.copy(head)
  head.writeUInt16BE(version, HEAD_MARK.length)
  return head
}

function tryOpen(key: Buffer, bound: Buffer, bytes: Buffer): string | undefined {
  try {
    return open(key, bound, bytes)
  } catch {
    return undefined
  }
}

function open(key: Buffer, bound: Buffer, bytes: Buffer): string {
  const iv = bytes.subarray(0, IV_BYTES)
  // Without its length a tag that was cut short would do.
  const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES })
    .setAAD(bound)
    .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
    "utf8",
  )
}

function aad({ table, pk, sk, attribute }: Place, version: number): Buffer {
  const place = [table, pk, sk, attribute]
  return Buffer.from(lengthPrefixed(version === HEADLESS_VERSION ? place : [...place, String(version)]))
}

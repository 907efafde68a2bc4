/**
 * The platform's own keys, opened in the memory of a function. KMS made and wrapped them (persistence/kms-key-maker.ts); in
 * the table they are only wrapped.
 */
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from "node:crypto"
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { DecryptCommand, type KMSClient } from "@aws-sdk/client-kms"
import { type DataKeyTimes, dataKeyState, openingKeys, sealingKey } from "../domain/data-keys.ts"
import { nextSigner, publishedAt, type SigningTimes, signerAt } from "../domain/signing-keys.ts"
import type { DataKey, PlatformKeys } from "../usecases/platform-keys.ts"
import { KEY_PURPOSES } from "./kms-key-maker.ts"
import { platformKeyStore } from "./platform-key-store.ts"
import { type FieldKeys, type FieldSeals, fieldSeals } from "./sealed-fields.ts"

export type SecretsPlace = {
  dynamodb: DynamoDBClient
  kms: KMSClient
  settingsTable: string
  dataKeyId: string
}

export type AnswerKey = { keyId: string; privateKey: KeyObject } & SigningTimes
export type PublishedKey = { keyId: string; publicKey: KeyObject }

export type OpenDataKeys = {
  /** Codes and fingerprints are keyed with it: it never changes (ADR 0018). */
  codeKey: Buffer
  /** Blind indexes of phone numbers are made with it: it never changes (ADR 0022). */
  phoneKey: Buffer
  /** Those that open, with the one that seals at that moment. */
  fieldKeysAt(nowMs: number): FieldKeys
}

export type OpenSecrets = {
  dataKeys: OpenDataKeys
  /** The one that signs at that moment. */
  answerKeyAt(nowMs: number): AnswerKey
}

/** Unwraps a key by its bytes; each only once. */
type Unwrap = (wrapped: Uint8Array, purpose: keyof typeof KEY_PURPOSES) => Promise<Buffer>

/** Opens the data keys as they stand now. What it unwrapped once is kept, so that opening again costs one read. */
export function dataKeyOpener(place: SecretsPlace): (nowMs: number) => Promise<OpenDataKeys> {
  const unwrapping = unwrapper(place)
  return async (nowMs) => unwrapping.keepUsed(openDataKeys(await readKeys(place), unwrapping.unwrap, nowMs))
}

/** For a process that is soon over: seals and opens under the keys as they stand now. */
export async function openFieldSeals(place: SecretsPlace, nowMs: number): Promise<FieldSeals> {
  const { fieldKeysAt } = await dataKeyOpener(place)(nowMs)
  return fieldSeals(async () => fieldKeysAt(nowMs))
}

/** The same for functions that sign answers: with the key that signs, and the next one, so that nobody waits for it. */
export function secretsOpener(place: SecretsPlace): (nowMs: number) => Promise<OpenSecrets> {
  const unwrapping = unwrapper(place)
  return async (nowMs) => {
    const keys = await readKeys(place)
    const opening = Promise.all([
      openDataKeys(keys, unwrapping.unwrap, nowMs),
      openAnswerKeys(keys, unwrapping.unwrap, nowMs),
    ])
    const [dataKeys, answerKeys] = await unwrapping.keepUsed(opening)
    return { dataKeys, answerKeyAt: (atMs) => signerAt(answerKeys, atMs) }
  }
}

/** The keys that answers may be verified with at that moment; needs no secret. */
export async function publishedKeys(
  place: Pick<SecretsPlace, "dynamodb" | "settingsTable">,
  nowMs: number,
): Promise<PublishedKey[]> {
  const { signing } = await readKeys(place)
  return publishedAt(signing, nowMs).map(({ keyId, publicKey }) => ({
    keyId,
    publicKey: createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" }),
  }))
}

async function readKeys(place: Pick<SecretsPlace, "dynamodb" | "settingsTable">): Promise<PlatformKeys> {
  const keys = await platformKeyStore(place.dynamodb, place.settingsTable).read()
  if (!keys) throw new Error("the platform's keys have not been made yet")
  return keys
}

async function openDataKeys({ data }: PlatformKeys, unwrap: Unwrap, nowMs: number): Promise<OpenDataKeys> {
  const first = data.find(({ version }) => version === 1)
  if (!first) throw new Error("the first data key is missing")
  const opened = await openEach(openingKeys(data, nowMs), (key) => unwrap(key.wrapped, "data"), {
    canDoWithout: (key) => dataKeyState(data, key, nowMs) === "next",
  })
  const firstSecret = await unwrap(first.wrapped, "data")
  return {
    codeKey: derive(firstSecret, "codes"),
    phoneKey: derive(firstSecret, "phones"),
    fieldKeysAt: fieldKeysOf(opened),
  }
}

function fieldKeysOf(opened: readonly [DataKey, Buffer][]): OpenDataKeys["fieldKeysAt"] {
  const derived = opened.map(([key, secret]) => [key, derive(secret, "fields")] as const)
  const times: DataKeyTimes[] = derived.map(([key]) => key)
  const byVersion = new Map(derived.map(([{ version }, secret]) => [version, secret]))
  return (nowMs) => ({ sealsUnder: sealingKey(times, nowMs).version, byVersion })
}

async function openAnswerKeys({ signing }: PlatformKeys, unwrap: Unwrap, nowMs: number) {
  const next = nextSigner(signing, nowMs)
  const signer = signerAt(signing, nowMs)
  const opened = await openEach(
    next ? [signer, next] : [signer],
    (key) => unwrap(key.wrappedPrivateKey, "answers"),
    { canDoWithout: (key) => key === next },
  )
  return opened.map(([{ publicKey: _, wrappedPrivateKey: __, ...key }, secret]): AnswerKey => {
    return { ...key, privateKey: createPrivateKey({ key: secret, format: "der", type: "pkcs8" }) }
  })
}

/** What can be done without for now is left out where it does not open. */
async function openEach<K>(
  keys: readonly K[],
  open: (key: K) => Promise<Buffer>,
  { canDoWithout }: { canDoWithout: (key: K) => boolean },
): Promise<[K, Buffer][]> {
  const opened = await Promise.allSettled(keys.map(open))
  return keys.flatMap((key, index): [K, Buffer][] => {
    const outcome = opened[index]
    if (outcome?.status === "fulfilled") return [[key, outcome.value]]
    if (canDoWithout(key)) return []
    throw outcome?.reason
  })
}

function derive(dataKey: Buffer, purpose: "codes" | "phones" | "fields"): Buffer {
  return Buffer.from(hkdfSync("sha256", dataKey, "", `metro-pay/${purpose}`, 32))
}

function unwrapper({ kms, dataKeyId }: SecretsPlace) {
  let kept = new Map<string, Buffer>()
  let used = new Map<string, Buffer>()
  const unwrap: Unwrap = async (wrapped, purpose) => {
    const id = Buffer.from(wrapped).toString("base64")
    const secret = kept.get(id) ?? (await decrypt(kms, dataKeyId, wrapped, purpose))
    used.set(id, secret)
    return secret
  }
  return {
    unwrap,
    /** Forgets what was not asked for while `opening`: keys that are used no more leave the memory. */
    async keepUsed<T>(opening: Promise<T>): Promise<T> {
      const opened = await opening
      kept = used
      used = new Map()
      return opened
    },
  }
}

async function decrypt(
  kms: KMSClient,
  dataKeyId: string,
  wrapped: Uint8Array,
  purpose: keyof typeof KEY_PURPOSES,
): Promise<Buffer> {
  const { Plaintext } = await kms.send(
    new DecryptCommand({
      KeyId: dataKeyId,
      CiphertextBlob: wrapped,
      EncryptionContext: KEY_PURPOSES[purpose],
    }),
  )
  if (!Plaintext) throw new Error("KMS opened nothing")
  return Buffer.from(Plaintext)
}

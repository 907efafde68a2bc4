/**
 * The item of the platform's own keys. Code from before keys had versions reads four attributes of it and no others: `dk`,
 * the data key, `kid`, `sk1` and `pk1`, id and halves of the key that signs. They are written on, so that such code works
 * beside this one and after a step back; what a new version says of them stands in `sg` and `dv` (ADR 0018).
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import { decodeTime } from "ulid"
import { signerAt } from "../domain/signing-keys.ts"
import type { DataKey, PlatformKeys, SigningKey } from "../usecases/platform-keys.ts"
import { type Item, item, num, optionalNum, readNum, readOptionalNum, readStr, str } from "./attributes.ts"

/** Without key and revision. */
export function encodeKeys(keys: Omit<PlatformKeys, "revision">, nowMs: number): Item {
  const first = keys.data.find(({ version }) => version === 1)
  if (!first) throw new Error("the first data key must not be lost: codes are derived from it")
  const signer = signerForOldCode(keys.signing, nowMs)
  return {
    dk: bytes(first.wrapped),
    kid: str(signer.keyId),
    sk1: bytes(signer.wrappedPrivateKey),
    pk1: bytes(signer.publicKey),
    sg: { L: keys.signing.map((key) => ({ M: encodeSigningKey(key) })) },
    dv: { L: keys.data.map((key) => ({ M: encodeDataKey(key) })) },
  }
}

export function decodeKeys(from: Item): PlatformKeys {
  const revision = readOptionalNum(from, "v")
  if (revision === undefined) return decodeUnversioned(from)
  return {
    revision,
    signing: mapsIn(from, "sg").map(decodeSigningKey),
    data: mapsIn(from, "dv").map(decodeDataKey),
  }
}

/** A withdrawn key signs for some minutes yet; who would keep it in memory for good gets its successor, which is published. */
function signerForOldCode(signing: readonly SigningKey[], nowMs: number): SigningKey {
  const trusted = signing.filter(({ withdrawn }) => !withdrawn)
  return signerAt(trusted.length > 0 ? trusted : signing, nowMs)
}

function decodeUnversioned(from: Item): PlatformKeys {
  const keyId = readStr(from, "kid")
  const madeAtMs = timeOf(keyId)
  const signing = {
    keyId,
    publicKey: readBytes(from, "pk1"),
    wrappedPrivateKey: readBytes(from, "sk1"),
    publishedAtMs: madeAtMs,
    signsFromMs: madeAtMs,
  }
  const data = { version: 1, wrapped: readBytes(from, "dk"), madeAtMs, sealsFromMs: madeAtMs }
  return { revision: 0, signing: [signing], data: [data] }
}

function encodeSigningKey(key: SigningKey): Item {
  return item({
    i: str(key.keyId),
    p: bytes(key.publicKey),
    w: bytes(key.wrappedPrivateKey),
    pa: num(key.publishedAtMs),
    sf: num(key.signsFromMs),
    ra: optionalNum(key.retiredAtMs),
    wd: key.withdrawn ? { BOOL: true } : undefined,
  })
}

function decodeSigningKey(from: Item): SigningKey {
  return {
    keyId: readStr(from, "i"),
    publicKey: readBytes(from, "p"),
    wrappedPrivateKey: readBytes(from, "w"),
    publishedAtMs: readNum(from, "pa"),
    signsFromMs: readNum(from, "sf"),
    ...retiredAt(from),
    ...(from.wd?.BOOL ? { withdrawn: true } : {}),
  }
}

function encodeDataKey(key: DataKey): Item {
  return item({
    n: num(key.version),
    w: bytes(key.wrapped),
    ma: num(key.madeAtMs),
    sf: num(key.sealsFromMs),
    ra: optionalNum(key.retiredAtMs),
  })
}

function decodeDataKey(from: Item): DataKey {
  return {
    version: readNum(from, "n"),
    wrapped: readBytes(from, "w"),
    madeAtMs: readNum(from, "ma"),
    sealsFromMs: readNum(from, "sf"),
    ...retiredAt(from),
  }
}

function retiredAt(from: Item): { retiredAtMs?: number } {
  const retiredAtMs = readOptionalNum(from, "ra")
  return retiredAtMs === undefined ? {} : { retiredAtMs }
}

function mapsIn(from: Item, name: string): Item[] {
  return (from[name]?.L ?? []).map(({ M = {} }) => M)
}

/** As DynamoDB gives them back, so that both can be compared. */
const bytes = (value: Uint8Array): AttributeValue => ({ B: Uint8Array.from(value) })

function readBytes(from: Item, name: string): Uint8Array {
  const value = from[name]?.B
  if (!value) throw new Error(`stored item has no bytes ${name}`)
  return value
}

/** Ids of keys are ULIDs, which tell when they were made. */
function timeOf(keyId: string): number {
  try {
    return decodeTime(keyId)
  } catch {
    return 0
  }
}

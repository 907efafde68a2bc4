/** The platform's own keys in DynamoDB, wrapped by a KMS: their item, what is opened of it, and older code beside it. */
import assert from "node:assert/strict"
import { createDecipheriv, createPrivateKey, createPublicKey, hkdfSync, sign, verify } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, beforeEach, test } from "node:test"
import { DeleteItemCommand, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb"
import { DecryptCommand, KMSClient } from "@aws-sdk/client-kms"
import { ulid } from "ulid"
import { lengthPrefixed } from "../domain/hash.ts"
import { clientOptions } from "../local/account.ts"
import type { AwsEndpoint } from "../local/aws-json-endpoint.ts"
import { startKms } from "../local/kms.ts"
import { type RunningTables, SETTINGS_TABLE, startTables } from "../test/conformance/dynamodb-tables.ts"
import { ensurePlatformKeys, type PlatformKeyStore } from "../usecases/platform-keys.ts"
import { retireDataKey, rotateDataKey } from "../usecases/rotate-data-key.ts"
import { keepSigningKeys, rotateSigningKey, withdrawSigningKey } from "../usecases/rotate-signing-key.ts"
import { type Item, str } from "./attributes.ts"
import { PLATFORM_SECRETS_KEY } from "./keys.ts"
import { kmsKeyMaker } from "./kms-key-maker.ts"
import { platformKeyStore } from "./platform-key-store.ts"
import { openFieldSeals, publishedKeys, type SecretsPlace, secretsOpener } from "./platform-secrets.ts"

/** As the code before versions left it. */
const OLD = JSON.parse(
  readFileSync(join(import.meta.dirname, "keys-before-versions.fixture.json"), "utf8"),
) as {
  kmsKey: { keyId: string; secret: string }
  item: { dk: string; kid: string; sk1: string; pk1: string }
  codeKey: string
  sealed: {
    place: { table: string; pk: string; sk: string; attribute: string }
    bytes: string
    plain: string
  }
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const KEY = { pk: str(PLATFORM_SECRETS_KEY.pk), sk: str(PLATFORM_SECRETS_KEY.sk) }
const bytes = (base64: string) => Buffer.from(base64, "base64")

let tables: RunningTables
let server: AwsEndpoint
let kms: KMSClient
let place: SecretsPlace
let store: PlatformKeyStore
let nowMs = 0
const clock = { nowMs: () => nowMs }

before(async () => {
  tables = await startTables()
  const { keyId, secret } = OLD.kmsKey
  const arn = `arn:aws:kms:us-east-1:000000000000:key/${keyId}`
  const definition = { keyId, arn, aliases: [], spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT" } as const
  server = await startKms([{ ...definition, aliases: [], kind: "symmetric", secret: bytes(secret) }])
  kms = new KMSClient(clientOptions(server.url, { accessKeyId: "a", secretAccessKey: "b" }))
  place = { dynamodb: tables.client, kms, settingsTable: SETTINGS_TABLE, dataKeyId: keyId }
  store = platformKeyStore(tables.client, SETTINGS_TABLE)
})
after(async () => {
  kms?.destroy()
  await server?.close()
  await tables?.close()
})
beforeEach(async () => {
  nowMs = Date.parse("2026-03-02T10:00:00Z")
  await tables.client.send(new DeleteItemCommand({ TableName: SETTINGS_TABLE, Key: KEY }))
})

const portsOn = (keys: PlatformKeyStore) => ({
  clock,
  store: keys,
  maker: kmsKeyMaker(kms, place.dataKeyId, () => ulid(nowMs)),
})
const ports = () => portsOn(store)

async function readItem(): Promise<Item> {
  const { Item: found } = await tables.client.send(
    new GetItemCommand({ TableName: SETTINGS_TABLE, Key: KEY, ConsistentRead: true }),
  )
  return found ?? {}
}

async function putOldItem(): Promise<void> {
  const { dk, kid, sk1, pk1 } = OLD.item
  const values = { dk: { B: bytes(dk) }, kid: str(kid), sk1: { B: bytes(sk1) }, pk1: { B: bytes(pk1) } }
  await tables.client.send(new PutItemCommand({ TableName: SETTINGS_TABLE, Item: { ...KEY, ...values } }))
}

/** What a function of before versions does with the item: four attributes, read as they are. */
async function asOldCodeReads() {
  const { dk, kid, sk1, pk1 } = await readItem()
  const open = async (wrapped: Uint8Array | undefined, purpose: string) => {
    const EncryptionContext = { purpose: `metro-pay/${purpose}` }
    const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob: wrapped, EncryptionContext }))
    return Buffer.from(Plaintext ?? [])
  }
  const der = await open(sk1?.B, "answers")
  return {
    dataKey: await open(dk?.B, "data"),
    keyId: kid?.S ?? "",
    privateKey: createPrivateKey({ key: der, format: "der", type: "pkcs8" }),
    publicKey: createPublicKey({ key: Buffer.from(pk1?.B ?? []), format: "der", type: "spki" }),
  }
}

/** The key that old code signs with is one that it publishes itself, and that new code publishes too. */
async function oldCodeIsBelieved(): Promise<string> {
  const { keyId, privateKey, publicKey } = await asOldCodeReads()
  const text = Buffer.from("an answer")
  const signature = sign("sha256", text, privateKey)
  assert.ok(verify("sha256", text, publicKey, signature), "old code's own list fits its signature")
  const published = (await publishedKeys(place, nowMs)).find((it) => it.keyId === keyId)
  assert.ok(published, "new code publishes the key that old code signs with")
  assert.ok(verify("sha256", text, published.publicKey, signature))
  return keyId
}

const opened = async () => secretsOpener(place)(nowMs)
const signsWith = async () => (await opened()).answerKeyAt(nowMs).keyId
const publishedIds = async () => (await publishedKeys(place, nowMs)).map(({ keyId }) => keyId)

test("of several that make the keys at once one wins, and all use its keys", async () => {
  await Promise.all(Array.from({ length: 5 }, () => ensurePlatformKeys(ports())))
  const { revision, signing, data } = (await store.read()) ?? assert.fail("no keys")
  assert.deepEqual([revision, signing.length, data.length], [1, 1, 1])
  assert.equal(await signsWith(), signing[0]?.keyId)
  await ensurePlatformKeys(ports())
  assert.equal((await store.read())?.revision, 1, "made once, they are left alone")
  assert.equal(await oldCodeIsBelieved(), signing[0]?.keyId)
})

test("before they are made, nothing opens and nothing is rotated", async () => {
  await assert.rejects(opened(), /have not been made yet/)
  await assert.rejects(rotateSigningKey(ports()), /have not been made yet/)
})

test("an item of before versions opens as it stands: key, codes and sealed values", async () => {
  await putOldItem()
  const { dataKeys, answerKeyAt } = await opened()
  assert.equal(answerKeyAt(nowMs).keyId, OLD.item.kid)
  assert.deepEqual(dataKeys.codeKey, bytes(OLD.codeKey))
  const seals = await openFieldSeals(place, nowMs)
  assert.equal(await seals.unseal(OLD.sealed.place, bytes(OLD.sealed.bytes)), OLD.sealed.plain)
  assert.deepEqual(await publishedIds(), [OLD.item.kid])
})

test("it is upgraded in place, and neither the keys nor what old code reads change", async () => {
  await putOldItem()
  const { pk: _, sk: __, ...old } = await readItem()
  await Promise.all([ensurePlatformKeys(ports()), ensurePlatformKeys(ports())])
  const upgraded = await readItem()
  for (const [name, value] of Object.entries(old)) assert.deepEqual(upgraded[name], value, name)
  assert.equal((await store.read())?.revision, 1)
  assert.equal((await store.read())?.signing[0]?.signsFromMs, Date.parse("2026-01-15T08:00:00Z"))
  assert.equal(await signsWith(), OLD.item.kid)
  assert.deepEqual((await opened()).dataKeys.codeKey, bytes(OLD.codeKey))
})

/** As the code before versions opened it: an IV, a tag, and what was sealed, under the one key. */
function asOldCodeUnseals(dataKey: Buffer, sealed: Buffer): string {
  const { table, pk, sk, attribute } = OLD.sealed.place
  const key = Buffer.from(hkdfSync("sha256", dataKey, "", "metro-pay/fields", 32))
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12), { authTagLength: 16 })
    .setAAD(Buffer.from(lengthPrefixed([table, pk, sk, attribute])))
    .setAuthTag(sealed.subarray(12, 28))
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString("utf8")
}

test("side by side: what either version seals the other opens, as long as no new data key seals", async () => {
  await putOldItem()
  await ensurePlatformKeys(ports())
  await rotateDataKey(ports())
  const seals = await openFieldSeals(place, nowMs)
  const { dataKey } = await asOldCodeReads()
  const sealed = await seals.seal(OLD.sealed.place, "a new secret")
  assert.equal(asOldCodeUnseals(dataKey, sealed), "a new secret")
  assert.equal(asOldCodeUnseals(dataKey, bytes(OLD.sealed.bytes)), OLD.sealed.plain)
})

test("rotated: published for a day, then signing, the old one published a day longer, then gone", async () => {
  await putOldItem()
  const { begun, present, next } = await rotateSigningKey(ports())
  assert.ok(begun)
  assert.equal(present.keyId, OLD.item.kid)
  const both = [present.keyId, next.keyId]
  const walk: [hours: number, signs: string, published: string[]][] = [
    [0, present.keyId, both],
    [24 - 1 / 3600, present.keyId, both],
    [24, next.keyId, both],
    [48 - 1 / 3600, next.keyId, both],
    [48, next.keyId, [next.keyId]],
  ]
  const fromMs = nowMs
  const kept = await opened()
  for (const [hours, signs, published] of walk) {
    nowMs = fromMs + hours * HOUR_MS
    assert.equal(await signsWith(), signs, `signs after ${hours} h`)
    assert.deepEqual(await publishedIds(), published, `published after ${hours} h`)
    assert.equal(kept.answerKeyAt(nowMs).keyId, signs, "a function that looked at the beginning knows")
  }
  assert.deepEqual((await keepSigningKeys(ports(), 90)).dropped, [present.keyId])
  assert.deepEqual(
    (await store.read())?.signing.map(({ keyId }) => keyId),
    [next.keyId],
  )
})

test("what old code reads is believed at every step of a rotation that is looked after daily", async () => {
  await putOldItem()
  const { next } = await rotateSigningKey(ports())
  assert.equal(await oldCodeIsBelieved(), OLD.item.kid)
  for (let day = 1; day <= 3; day++) {
    nowMs += DAY_MS - 60_000
    await oldCodeIsBelieved()
    nowMs += 60_000
    await keepSigningKeys(ports(), 90)
    await oldCodeIsBelieved()
  }
  assert.equal(await oldCodeIsBelieved(), next.keyId)
})

test("two rotations at once make one new key, and both tell of it", async () => {
  await ensurePlatformKeys(ports())
  const told = await Promise.all([
    rotateSigningKey(ports()),
    rotateSigningKey(ports()),
    keepSigningKeys(ports(), 0),
  ])
  const { signing } = (await store.read()) ?? assert.fail("no keys")
  assert.equal(signing.length, 2)
  assert.deepEqual([told[0].next.keyId, told[1].next.keyId], [signing[1]?.keyId, signing[1]?.keyId])
  assert.equal([told[0].begun, told[1].begun, told[2].rotated].filter(Boolean).length, 1)
  const rotations = await Promise.all([rotateDataKey(ports()), rotateDataKey(ports())])
  assert.deepEqual(
    rotations.map(({ next: { version } }) => version),
    [2, 2],
  )
  assert.equal((await store.read())?.data.length, 2)
})

test("killed before its write a rotation has changed nothing; killed after it, all is done", async () => {
  await ensurePlatformKeys(ports())
  const first = await store.read()
  const killedBefore = { ...store, replace: () => Promise.reject(new Error("killed")) }
  await assert.rejects(rotateSigningKey(portsOn(killedBefore)), /killed/)
  assert.deepEqual(await store.read(), first)
  const killedAfter: PlatformKeyStore = {
    ...store,
    async replace(...write) {
      await store.replace(...write)
      throw new Error("killed")
    },
  }
  await assert.rejects(rotateSigningKey(portsOn(killedAfter)), /killed/)
  const again = await rotateSigningKey(ports())
  assert.equal(again.begun, false)
  assert.equal((await store.read())?.signing.length, 2)
})

test("a write whose answer was lost is known to have got through when it is sent again", async () => {
  await ensurePlatformKeys(ports())
  const keys = (await store.read()) ?? assert.fail("no keys")
  assert.equal(await store.replace(keys, keys, nowMs), true)
  assert.equal(await store.replace(keys, keys, nowMs), true, "the very same")
  const other = { ...keys, data: keys.data.map((it) => ({ ...it, madeAtMs: 0 })) }
  assert.equal(await store.replace(keys, other, nowMs), false, "another one on the same ground")
})

test("a new data key seals after a day; codes and what is stored stay as they were", async () => {
  await putOldItem()
  await rotateDataKey(ports())
  const at = OLD.sealed.place
  const early = await (await openFieldSeals(place, nowMs)).seal(at, "early")
  nowMs += DAY_MS
  const seals = await openFieldSeals(place, nowMs)
  const late = await seals.seal(at, "late")
  assert.equal(late.length, early.length + 6 - 1, "it says its version")
  assert.equal(await seals.unseal(at, early), "early")
  assert.equal(await seals.unseal(at, late), "late")
  assert.equal(await seals.unseal(at, bytes(OLD.sealed.bytes)), OLD.sealed.plain)
  assert.deepEqual((await opened()).dataKeys.codeKey, bytes(OLD.codeKey))
})

test("a data key is retired only when nothing needs it, and opens for a day after", async () => {
  await putOldItem()
  const retire = (version: number, uses = 0) => retireDataKey({ clock, store }, version, async () => uses)
  assert.deepEqual(await retire(1), { ok: false, code: "STILL_SEALS" })
  await rotateDataKey(ports())
  assert.deepEqual(await retire(2), { ok: false, code: "STILL_SEALS" })
  assert.deepEqual(await retire(3), { ok: false, code: "VERSION_UNKNOWN" })
  nowMs += DAY_MS
  assert.deepEqual(await retire(1), { ok: false, code: "TOO_SOON" })
  nowMs += DAY_MS
  assert.deepEqual(await retire(1, 1), { ok: false, code: "IN_USE" })
  assert.deepEqual(await retire(1), { ok: true, retiredAtMs: nowMs })
  assert.deepEqual(await retire(1), { ok: false, code: "ALREADY_RETIRED" })
  const old = () =>
    openFieldSeals(place, nowMs).then((it) => it.unseal(OLD.sealed.place, bytes(OLD.sealed.bytes)))
  assert.equal(await old(), OLD.sealed.plain)
  nowMs += DAY_MS
  await assert.rejects(old(), /data key 1, .* is not in use/)
  assert.deepEqual((await opened()).dataKeys.codeKey, bytes(OLD.codeKey), "codes have their key for good")
})

test("a compromised key that signs is replaced within minutes, and believed no longer than it signs", async () => {
  await ensurePlatformKeys(ports())
  const bad = await signsWith()
  const withdrawal = await withdrawSigningKey(ports(), bad)
  assert.ok(withdrawal.code === "wasSigning")
  const { next } = withdrawal
  assert.equal(next.signsFromMs, nowMs + 10 * 60_000)
  assert.equal(await signsWith(), bad)
  assert.deepEqual(await publishedIds(), [bad, next.keyId])
  assert.equal((await asOldCodeReads()).keyId, next.keyId, "old code, which would keep it, gets the other")
  nowMs = next.signsFromMs
  assert.equal(await signsWith(), next.keyId)
  assert.deepEqual(await publishedIds(), [next.keyId])
  assert.deepEqual(await withdrawSigningKey(ports(), bad), { code: "KEY_UNKNOWN" })
})

test("a compromised key that waits, or was replaced, is out of the list at once", async () => {
  await ensurePlatformKeys(ports())
  const { next, present } = await rotateSigningKey(ports())
  assert.deepEqual(await withdrawSigningKey(ports(), next.keyId), { code: "wasNext" })
  nowMs += 3 * DAY_MS
  assert.equal(await signsWith(), present.keyId, "the present key signs on")
  const second = await rotateSigningKey(ports())
  nowMs += DAY_MS
  assert.deepEqual(await withdrawSigningKey(ports(), present.keyId), { code: "wasReplaced" })
  assert.deepEqual(await publishedIds(), [second.next.keyId])
})

test("where the key that signs and its successor are both compromised, a third takes over", async () => {
  await ensurePlatformKeys(ports())
  const { next, present } = await rotateSigningKey(ports())
  await withdrawSigningKey(ports(), present.keyId)
  const third = await withdrawSigningKey(ports(), next.keyId)
  assert.ok(third.code === "wasSigning")
  nowMs = third.next.signsFromMs
  assert.equal(await signsWith(), third.next.keyId)
  assert.deepEqual(await publishedIds(), [third.next.keyId])
})

test("the daily round replaces the key at its age, a day ahead, and tells the age", async () => {
  await ensurePlatformKeys(ports())
  const first = await signsWith()
  const rotatedOn: number[] = []
  for (let day = 0; day <= 92; day++) {
    const { rotated, ageDays } = await keepSigningKeys(ports(), 90)
    if (rotated) rotatedOn.push(day)
    assert.ok(ageDays <= 90)
    if (day < 90) assert.equal(ageDays, day)
    nowMs += DAY_MS
  }
  assert.deepEqual(rotatedOn, [89])
  assert.ok(!(await publishedIds()).includes(first))
})

test("what stands there and is not ours is left alone", async () => {
  await ensurePlatformKeys(ports())
  const later = { ...(await readItem()), added: str("by a later version") }
  await tables.client.send(new PutItemCommand({ TableName: SETTINGS_TABLE, Item: later }))
  await rotateSigningKey(ports())
  assert.deepEqual((await readItem()).added, str("by a later version"))
})

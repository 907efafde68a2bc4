import assert from "node:assert/strict"
import { createCipheriv } from "node:crypto"
import { test } from "node:test"
import { lengthPrefixed } from "../domain/hash.ts"
import { type FieldKeys, fieldSeals, onlyKey, type Place, seal, unseal } from "./sealed-fields.ts"

const KEY = Buffer.alloc(32, 1)
const KEYS = onlyKey(KEY)
const NEWER_KEYS: FieldKeys = {
  sealsUnder: 3,
  byVersion: new Map([
    [1, KEY],
    [3, Buffer.alloc(32, 3)],
  ]),
}
const PLACE: Place = { table: "settings", pk: "M#M1", sk: "CH#wechat", attribute: "se" }

test("a sealed value opens where it was sealed", () => {
  for (const keys of [KEYS, NEWER_KEYS]) {
    for (const plain of ["密钥", ""]) {
      const opened = unseal(keys, PLACE, seal(keys, PLACE, plain))
      assert.deepEqual(opened, { plain, version: keys.sealsUnder })
    }
  }
})

test("the same value never looks the same twice", () => {
  assert.notDeepEqual(seal(KEYS, PLACE, "secret"), seal(KEYS, PLACE, "secret"))
})

test("a sealed value that was moved to another place does not open", () => {
  const sealed = seal(KEYS, PLACE, "secret")
  for (const part of ["table", "pk", "sk", "attribute"] as const) {
    assert.throws(() => unseal(KEYS, { ...PLACE, [part]: "other" }, sealed))
  }
})

test("another key or a changed bit opens nothing", () => {
  assert.throws(() => unseal(onlyKey(Buffer.alloc(32, 2)), PLACE, seal(KEYS, PLACE, "secret")))
  for (const keys of [KEYS, NEWER_KEYS]) {
    const sealed = seal(keys, PLACE, "secret")
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.throws(() => unseal(keys, PLACE, changed), `bit at ${at}`)
    }
  }
})

test("what an older key sealed opens beside a newer one, and not once the older is out of use", () => {
  const sealed = seal(KEYS, PLACE, "secret")
  assert.deepEqual(unseal(NEWER_KEYS, PLACE, sealed), { plain: "secret", version: 1 })
  const without: FieldKeys = { sealsUnder: 3, byVersion: new Map([[3, Buffer.alloc(32, 3)]]) }
  assert.throws(() => unseal(without, PLACE, sealed), /data key 1, .* is not in use/)
})

test("a value says which key it needs, so that one which came into use just now is looked for", async () => {
  const asked: (number | undefined)[] = []
  const seals = fieldSeals(async (version) => {
    asked.push(version)
    return version === 3 ? NEWER_KEYS : KEYS
  })
  assert.equal(await seals.unseal(PLACE, seal(NEWER_KEYS, PLACE, "secret")), "secret")
  await seals.seal(PLACE, "secret")
  assert.deepEqual(asked, [3, undefined])
  await assert.rejects(
    fieldSeals(async () => KEYS).unseal(PLACE, seal(NEWER_KEYS, PLACE, "secret")),
    "a key that nobody has opens nothing",
  )
})

test("a value of the first key whose random bytes look like a head opens all the same", () => {
  const sealed = seal(KEYS, PLACE, "secret")
  const iv = Buffer.from([0xff, 0x4d, 0x50, 0x53, 0, 3, 1, 2, 3, 4, 5, 6])
  const cipher = createCipheriv("aes-256-gcm", KEY, iv).setAAD(
    Buffer.from(lengthPrefixed([PLACE.table, PLACE.pk, PLACE.sk, PLACE.attribute])),
  )
  const body = Buffer.concat([cipher.update("secret"), cipher.final()])
  const unlucky = Buffer.concat([iv, cipher.getAuthTag(), body])
  assert.equal(unlucky.length, sealed.length)
  assert.deepEqual(unseal(NEWER_KEYS, PLACE, unlucky), { plain: "secret", version: 1 })
})

test("a tag that was cut short does not do", () => {
  const sealed = seal(KEYS, PLACE, "")
  for (const tagBytes of [4, 8, 12, 15]) {
    assert.throws(() => unseal(KEYS, PLACE, sealed.subarray(0, 12 + tagBytes)))
  }
})

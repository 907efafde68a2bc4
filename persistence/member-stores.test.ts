/** Memberships, phone numbers and what resealing finds of them, in DynamoDB Local. */
import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { after, before, test } from "node:test"
import { ScanCommand } from "@aws-sdk/client-dynamodb"
import { heard, left, opened } from "../domain/membership.ts"
import {
  MAIN_TABLE,
  type RunningTables,
  SETTINGS_TABLE,
  startTables,
} from "../test/conformance/dynamodb-tables.ts"
import type { MembershipStore, PhoneStore } from "../usecases/membership-ports.ts"
import { countSealed, resealValues } from "../usecases/reseal-values.ts"
import { membershipStore } from "./membership-store.ts"
import { phoneStore } from "./phone-store.ts"
import { type FieldKeys, fieldSeals } from "./sealed-fields.ts"
import { sealedValues, sealingUnder } from "./sealed-values.ts"

const DAY_MS = 86_400_000
const NOW_MS = Date.parse("2026-10-14T04:00:00Z")
const PHONE_KEY = randomBytes(32)
const BY_VERSION = new Map([1, 2].map((version) => [version, randomBytes(32)]))

let keys: FieldKeys = { sealsUnder: 1, byVersion: BY_VERSION }
let tables: RunningTables
let memberships: MembershipStore
let phones: PhoneStore

before(async () => {
  tables = await startTables()
  memberships = membershipStore(tables.client, MAIN_TABLE)
  phones = phoneStore(
    tables.client,
    MAIN_TABLE,
    fieldSeals(async () => keys),
    async () => PHONE_KEY,
  )
})
after(() => tables?.close())

const at = (phone: string, changedAtMs = NOW_MS) => ({ phone, changedAtMs })

test("a membership is written once for each wish, and the slower of two finds it changed", async () => {
  const first = opened({ uid: "U1", merchantId: "M1" }, undefined, NOW_MS, DAY_MS)
  assert.equal(await memberships.advance(undefined, first), true)
  assert.equal(await memberships.advance(undefined, first), false)
  const gone = left(first, NOW_MS + 5, DAY_MS)
  assert.equal(await memberships.advance(first, gone), true)
  assert.equal(await memberships.advance(first, gone), false)
  assert.deepEqual(await memberships.read("U1", "M1"), gone)
  assert.equal(await memberships.read("U1", "M2"), undefined)
})

test("the merchant's word about an earlier wish changes nothing", async () => {
  const who = { uid: "U2", merchantId: "M1" }
  const first = opened(who, undefined, NOW_MS, DAY_MS)
  await memberships.advance(undefined, first)
  const gone = left(first, NOW_MS + 5, DAY_MS)
  await memberships.advance(first, gone)
  await memberships.hear(heard(first, "ACTIVE"))
  assert.deepEqual(await memberships.list("U2"), [gone])
  await memberships.hear(heard(gone, "CLOSED"))
  assert.deepEqual(await memberships.list("U2"), [{ ...gone, told: true }])
})

test("a number is one customer's, and nobody's once they have another", async () => {
  assert.equal(await phones.set("A", at("+8613800000001"), undefined), "written")
  assert.equal(await phones.set("B", at("+8613800000001"), undefined), "taken")
  assert.equal(await phones.read("B"), undefined)
  assert.equal(await phones.set("A", at("+8613800000002", NOW_MS + 1), at("+8613800000001")), "written")
  assert.equal(await phones.set("B", at("+8613800000001"), undefined), "written")
  assert.deepEqual(await phones.read("A"), at("+8613800000002", NOW_MS + 1))
})

test("of two changes at the same moment one is made, and it leaves no claim of the other", async () => {
  await phones.set("C", at("+8613800000010"), undefined)
  const seen = at("+8613800000010")
  const results = await Promise.all(
    ["+8613800000011", "+8613800000012"].map((it) => phones.set("C", at(it, NOW_MS + 1), seen)),
  )
  assert.deepEqual(results.sort(), ["overtaken", "written"])
  const now = await phones.read("C")
  const other = now?.phone === "+8613800000011" ? "+8613800000012" : "+8613800000011"
  assert.equal(await phones.set("D", at(other), undefined), "written")
})

test("of fifty customers at once who want the same number, one has it", async () => {
  const all = Array.from({ length: 50 }, (_, index) => `W${index}`)
  const results = await Promise.all(all.map((uid) => phones.set(uid, at("+8613800000020"), undefined)))
  assert.equal(results.filter((it) => it === "written").length, 1)
})

test("no number stands in the table in clear", async () => {
  const { Items = [] } = await tables.client.send(new ScanCommand({ TableName: MAIN_TABLE }))
  assert.ok(Items.length > 5)
  const text = Items.map((it) => JSON.stringify(it, (_key, value) => readable(value))).join("\n")
  assert.doesNotMatch(text, /138000000/)
})

function readable(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value
}

test("phone numbers are sealed anew under the key in use, and open as before", async () => {
  const values = sealedValues(tables.client, { main: MAIN_TABLE, settings: SETTINGS_TABLE })
  keys = { sealsUnder: 2, byVersion: BY_VERSION }
  const sealing = sealingUnder(keys)
  const { byVersion } = await countSealed(values, sealing)
  assert.ok((byVersion.get(1) ?? 0) >= 4)
  const { faults, resealed } = await resealValues(values, sealing, () => undefined)
  assert.deepEqual([faults, resealed], [[], byVersion.get(1)])
  assert.deepEqual([...(await countSealed(values, sealing)).byVersion.keys()], [2])
  assert.equal((await phones.read("A"))?.phone, "+8613800000002")
})

import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { type RunningTables, SETTINGS_TABLE, startTables } from "../test/conformance/dynamodb-tables.ts"
import type { ChannelAccount } from "../usecases/ports.ts"
import type { RegisteredMerchant } from "./merchant-items.ts"
import { type MerchantRegistry, merchantRegistry } from "./merchant-registry.ts"
import { merchantStore } from "./merchant-store.ts"
import { fieldSeals, onlyKey } from "./sealed-fields.ts"
import { shopStore } from "./shop-store.ts"

const FIELDS = fieldSeals(async () => onlyKey(Buffer.alloc(32, 5)))
const PROFILE = { name: "商户", timeZone: "Asia/Shanghai" }
const NOW_MS = 1_760_000_000_000

let tables: RunningTables
let registry: MerchantRegistry
let nowMs = 0
let number = 0

before(async () => {
  tables = await startTables()
  registry = merchantRegistry(tables.client, SETTINGS_TABLE)
})
after(() => tables?.close())

const store = () => merchantStore(tables.client, SETTINGS_TABLE, FIELDS, { monotonicMs: () => nowMs })

async function seen(merchantId: string): Promise<RegisteredMerchant> {
  const found = await registry.read(merchantId)
  assert.ok(found)
  return found
}

async function newMerchant(): Promise<RegisteredMerchant> {
  number += 1
  assert.equal(await registry.add(`M${number}`, PROFILE, NOW_MS), "written")
  return seen(`M${number}`)
}

function wechat(merchantId: string, settingsVersion: number): ChannelAccount {
  return { merchantId, channel: "wechat", accountId: "main", settingsVersion }
}

test("of two operators who saw the same merchant one changes it, and nothing of the other's change is written", async () => {
  const before = await newMerchant()
  const written = await Promise.all([
    registry.setProfile(before, { name: "甲" }),
    registry.addApiKey(before, { keyId: "K1", publicKeyPem: "PEM" }, NOW_MS),
    registry.setDisabled(before, true),
    registry.setAccount(
      before,
      { account: wechat(before.merchantId, 1), settings: {} },
      ["CT_WECHAT"],
      FIELDS,
    ),
  ])
  assert.deepEqual(written.sort(), ["overtaken", "overtaken", "overtaken", "written"])
  const now = await seen(before.merchantId)
  assert.equal(now.version, 2)
  const changes = [
    now.name === "甲",
    now.apiKeys.length === 1,
    now.disabled,
    now.accounts.CT_WECHAT !== undefined,
  ]
  assert.equal(changes.filter(Boolean).length, 1)
  const versions = await registry.accountVersions(before.merchantId)
  assert.equal(versions.length, now.accounts.CT_WECHAT ? 1 : 0)
})

test("of two who add the same merchant one does", async () => {
  const written = await Promise.all(
    ["甲", "乙"].map((name) => registry.add("TWICE", { ...PROFILE, name }, NOW_MS)),
  )
  assert.deepEqual(written.sort(), ["overtaken", "written"])
  assert.equal((await registry.ids()).filter((it) => it === "TWICE").length, 1)
})

test("a revoked key stays, revoked, and its id is not written over", async () => {
  const { merchantId } = await newMerchant()
  await registry.addApiKey(await seen(merchantId), { keyId: "K1", publicKeyPem: "ONE" }, NOW_MS)
  assert.equal((await store().apiKey(merchantId, "K1"))?.publicKeyPem, "ONE")
  await registry.revokeApiKey(await seen(merchantId), "K1", NOW_MS + 1)
  const again = await registry.addApiKey(await seen(merchantId), { keyId: "K1", publicKeyPem: "TWO" }, NOW_MS)
  assert.equal(again, "overtaken")
  assert.equal(await registry.revokeApiKey(await seen(merchantId), "K1", NOW_MS + 2), "overtaken")
  const [key] = (await seen(merchantId)).apiKeys
  assert.deepEqual(key, {
    keyId: "K1",
    publicKeyPem: "ONE",
    addedAtMs: NOW_MS,
    revoked: true,
    revokedAtMs: NOW_MS + 1,
  })
  assert.equal(await store().apiKey(merchantId, "K1"), undefined)
})

test("who holds older settings finds a new account at once, and the old version for the orders that carry it", async () => {
  const { merchantId } = await newMerchant()
  const held = store()
  const set = async (version: number) =>
    registry.setAccount(
      await seen(merchantId),
      { account: wechat(merchantId, version), settings: { mchid: String(version) }, setAtMs: NOW_MS },
      ["CT_WECHAT"],
      FIELDS,
    )
  for (const version of [1, 2]) {
    await set(version)
    const { version: gate } = await seen(merchantId)
    const merchant = await held.read(merchantId, gate)
    assert.deepEqual(merchant?.accounts.CT_WECHAT, wechat(merchantId, version))
    // the clock stands still: what was looked up is as fresh as can be, and lacks the account
    assert.deepEqual(await held.accountSettings(wechat(merchantId, version)), { mchid: String(version) })
  }
  assert.deepEqual(await held.accountSettings(wechat(merchantId, 1)), { mchid: "1" })
  assert.equal(await set(2), "overtaken", "a version is written once")
  const [first] = await registry.accountVersions(merchantId)
  assert.deepEqual(first, { account: wechat(merchantId, 1), fields: ["mchid"], setAtMs: NOW_MS })
  await registry.switchOff(await seen(merchantId), "CT_WECHAT")
  assert.deepEqual((await seen(merchantId)).accounts, {})
  assert.deepEqual(await held.accountSettings(wechat(merchantId, 2)), { mchid: "2" })
})

test("made-up accounts and keys have a merchant's settings read once a second, not more", async () => {
  const { merchantId } = await newMerchant()
  const held = store()
  let queries = 0
  tables.client.middlewareStack.add(
    (next) => (args) => {
      queries += 1
      return next(args)
    },
    { step: "initialize", name: "countQueries" },
  )
  try {
    for (let tries = 0; tries < 10; tries++) {
      await assert.rejects(held.accountSettings(wechat(merchantId, 100 + tries)), /has no account/)
      assert.equal(await held.apiKey(merchantId, `K${tries}`), undefined)
    }
    assert.equal(queries, 2)
    nowMs += 1_000
    await assert.rejects(held.accountSettings(wechat(merchantId, 7)), /has no account/)
    assert.equal(queries, 3)
  } finally {
    tables.client.middlewareStack.remove("countQueries")
  }
})

test("of two who change the same shop one does, and a removed one leaves nothing but its version", async () => {
  const shops = shopStore(tables.client, SETTINGS_TABLE, FIELDS)
  const shop = { merchantId: "M1", storeId: "S1", name: "店", phone: "0755-83210001" }
  const first = await Promise.all([shops.put(shop, 0, NOW_MS), shops.put(shop, 0, NOW_MS)])
  assert.deepEqual(first.sort(), [false, true])
  const second = await Promise.all([
    shops.put({ ...shop, name: "新店" }, 1, NOW_MS),
    shops.remove("M1", "S1", 1, NOW_MS),
  ])
  assert.deepEqual(second.sort(), [false, true])
  await shops.remove("M1", "S1", 2, NOW_MS)
  assert.deepEqual(await shops.list("M1"), [])
  const { version, shop: gone } = await shops.read("M1", "S1")
  assert.equal(gone, undefined)
  assert.equal(await shops.put(shop, version, NOW_MS), true)
  assert.deepEqual(
    (await shops.list("M1")).map(({ phone }) => phone),
    ["0755-83210001"],
  )
  assert.deepEqual(await shops.list("M2"), [])
})

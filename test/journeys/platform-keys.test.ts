/** The platform's own keys over days of its clock, as a merchant's client meets them that is never restarted. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { admin as runAdmin } from "../../admin/running-admin.ts"
import { MetroPayClient } from "../../sdk/client.ts"
import { SYSTEM_CLOCK } from "../../sdk/clock.ts"
import { helper, type Running, runPlatform, Till, until } from "./running-platform.ts"

const WHO = ["--operator", "li.na", "--reason", "yearly", "--yes"]
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let running: Running
let till: Till
let client: MetroPayClient
let aheadMs = 0
const nowMs = () => Date.now() + aheadMs

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
  const { platform_root_key } = readJson("M10001", "merchant.json")
  client = new MetroPayClient({
    baseUrl: running.url,
    merchantId: till.merchantId,
    keyId: till.keyId,
    privateKey: till.privateKey,
    platformKeys: readJson("platform_keys.json"),
    platformRootKey: platform_root_key,
    clock: { ...SYSTEM_CLOCK, nowMs },
  })
})
after(() => running?.stop())

const readJson = (...path: string[]) =>
  JSON.parse(readFileSync(join(running.dataDir, "demo", ...path), "utf8"))

async function advance(ms: number): Promise<void> {
  const { now } = await helper<{ now: string }>(running, "POST", "/local/clock", { advance_ms: ms })
  aheadMs = Date.parse(now) - Date.now()
}

async function admin<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await runAdmin([...args, "--json", "--data", running.dataDir])
  assert.equal(code, 0, err)
  return JSON.parse(out) as T
}

type Listed = { signing: { keyId: string; state: string }[]; data: { version: number; state: string }[] }
const listed = () => admin<Listed>("platform-keys", "list")

async function publishedIds(): Promise<string[]> {
  const response = await fetch(`${running.url}/metro/payment/v1/keys`)
  assert.equal(response.status, 200)
  const { keys } = (await response.json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid)
}

/** Which key an answer of that call names. */
async function signerOf(name: string, input: unknown): Promise<string> {
  const { path, body, headers } = till.sign(name, input, nowMs())
  const response = await fetch(running.url + path, { method: "POST", headers, body: new Uint8Array(body) })
  assert.equal(response.status, 200)
  return /keyid="([^"]+)"/.exec(response.headers.get("signature-input") ?? "")?.[1] ?? ""
}

const order = { out_request_no: "KEYS-1" }
/** The client verifies what it gets; the other call shows the key. */
async function seen(): Promise<{ signs: string; published: string[] }> {
  const { pay_status } = await client.orderQuery(order)
  assert.equal(pay_status, "PS_SUCCESS")
  return { signs: await signerOf("orderquery", order), published: await publishedIds() }
}

test("a key is published for a day, signs, stays a day longer and is gone; a client lives through it", async () => {
  const purchase = {
    ...order,
    qrcode: "134567890123456789",
    body: "早餐",
    total_fee: 1200,
    store_id: "SZTX001",
  }
  const paid = await client.applyPay(purchase)
  assert.equal(paid.outcome, "paid")
  const first = (await seen()).signs
  const { keyId: second } = await admin<{ keyId: string }>("platform-keys", "rotate", "signing", ...WHO)
  const both = [first, second]
  // The list is served from memory for a minute.
  await advance(MINUTE_MS)
  assert.deepEqual(await seen(), { signs: first, published: both })
  await advance(23 * HOUR_MS)
  assert.deepEqual(await seen(), { signs: first, published: both })
  await advance(HOUR_MS)
  assert.deepEqual(await seen(), { signs: second, published: both }, "a warm function and a cold one alike")
  await advance(23 * HOUR_MS)
  assert.deepEqual(await seen(), { signs: second, published: both })
  await advance(HOUR_MS)
  assert.deepEqual(await seen(), { signs: second, published: [second] })
  assert.equal((await client.orderQuery(order)).pay_status, "PS_SUCCESS")
  await advance(24 * HOUR_MS)
  await until(listed, ({ signing }) => signing.length === 1, 20_000)
})

test("functions that nobody called for three days sign with the key of today", async () => {
  await seen()
  const { keyId } = await admin<{ keyId: string }>("platform-keys", "rotate", "signing", ...WHO)
  await advance(72 * HOUR_MS)
  assert.deepEqual(await seen(), { signs: keyId, published: [keyId] })
})

test("a compromised key is out of use and out of the list ten minutes later", async () => {
  const { signs: bad } = await seen()
  const { next } = await admin<{ next: string }>("platform-keys", "withdraw", bad, ...WHO)
  await advance(6 * MINUTE_MS)
  assert.deepEqual(await seen(), { signs: bad, published: [bad, next] })
  await until(
    async () => {
      await advance(MINUTE_MS)
      return seen()
    },
    ({ signs, published }) => signs === next && published.length === 1,
  )
})

test("after ninety days the daily round replaces the key by itself, and payments go on throughout", async () => {
  const { signs: old } = await seen()
  for (let day = 0; day < 93; day += 1) {
    await advance(24 * HOUR_MS)
    if (day % 10 === 0 || day > 86) await client.orderQuery(order)
    // The round runs behind the clock that was moved.
    if (day > 86) await until(listed, ({ signing }) => signing.some(({ state }) => state === "signing"))
  }
  const { signs } = await until(seen, (it) => it.signs !== old, 20_000)
  assert.notEqual(signs, old)
  const said = readFileSync(join(running.dataDir, "logs", "MetroPay-local-platformkeys.log"), "utf8")
  const ages = [...said.matchAll(/"SigningKeyAgeDays":([\d.]+)/g)].map(([, age]) => Number(age))
  assert.ok(Math.max(...ages) > 80 && Math.max(...ages) <= 91, `said each day: ${Math.max(...ages)}`)
})

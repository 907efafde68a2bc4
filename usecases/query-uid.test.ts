import assert from "node:assert/strict"
import { test } from "node:test"
import { MERCHANT_ID, openShop, UID, WECHAT_CODE } from "../test/simulation/small-shop.ts"
import { queryUid } from "./query-uid.ts"

const NOT_FOUND = { ok: false, refusal: { code: "CODE_NOT_FOUND" } }

async function shopWithCode() {
  const shop = await openShop()
  const { code } = await shop.showCode()
  const ports = { ...shop.ports, customers: shop.stores.customers }
  return { shop, code, ask: (asked: string) => queryUid(ports, MERCHANT_ID, asked) }
}

test("a live code tells whose it is, also when it was used", async () => {
  const { shop, code, ask } = await shopWithCode()
  assert.deepEqual(await ask(code), { ok: true, uid: UID })
  await shop.wait(61_999)
  assert.deepEqual(await ask(code), { ok: true, uid: UID })
})

test("a code that is over or closed tells nothing", async () => {
  const { shop, code, ask } = await shopWithCode()
  await shop.stores.customers.close(UID)
  assert.deepEqual(await ask(code), NOT_FOUND)
  await shop.stores.customers.open(UID, "CT_WECHAT")
  assert.deepEqual(await ask(code), NOT_FOUND)
  const later = await shopWithCode()
  await later.shop.wait(62_000)
  assert.deepEqual(await later.ask(later.code), NOT_FOUND)
})

test("guessing is counted with the wrong codes of paying, and ends", async () => {
  const { code, ask } = await shopWithCode()
  for (let tries = 0; tries < 100; tries++) assert.deepEqual(await ask("000000"), NOT_FOUND)
  const refused = { ok: false, refusal: { code: "TOO_MANY_REQUESTS", retryAfterSeconds: 300 } }
  assert.deepEqual(await ask("000000"), refused)
  assert.deepEqual(await ask(code), refused, "a hit must not be told from a miss")
})

test("a channel's own code has no customer of ours and is no guess", async () => {
  const { shop, ask } = await shopWithCode()
  assert.deepEqual(await ask(WECHAT_CODE), NOT_FOUND)
  assert.equal(shop.tables.wrongCodes.size, 0)
})

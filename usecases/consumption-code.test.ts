import assert from "node:assert/strict"
import { test } from "node:test"
import { CODE_LIFE_MS, codeKindOf } from "../domain/payment-code.ts"
import { openShop, UID } from "../test/simulation/small-shop.ts"
import { closeCode, issueCode, openCode } from "./consumption-code.ts"

async function codeDesk() {
  const shop = await openShop()
  return { shop, ports: { ...shop.ports, customers: shop.stores.customers } }
}

test("an open customer is shown a code of ours that lives a minute and is kept without its digits", async () => {
  const { shop, ports } = await codeDesk()
  const shown = await issueCode(ports, UID)
  assert.ok(shown)
  assert.equal(codeKindOf(shown.code), "own")
  assert.equal(shown.issued.expiresAtMs, shop.time.nowMs() + CODE_LIFE_MS)
  assert.equal(shown.issued.payType, "CT_WECHAT")
  assert.ok(!JSON.stringify([...shop.tables.codes]).includes(shown.code))
})

test("the customer may choose another pay type for one code", async () => {
  const { ports } = await codeDesk()
  assert.equal((await issueCode(ports, UID, "CT_ALIPAY"))?.issued.payType, "CT_ALIPAY")
  assert.equal((await issueCode(ports, UID))?.issued.payType, "CT_WECHAT")
})

test("a closed customer and an unknown one are shown none", async () => {
  const { ports } = await codeDesk()
  await closeCode(ports, UID)
  assert.equal(await issueCode(ports, UID), undefined)
  assert.equal(await issueCode(ports, "U-none"), undefined)
})

test("opening again only sets the pay type: codes already shown still pay", async () => {
  const { ports } = await codeDesk()
  const before = await issueCode(ports, UID)
  const customer = await openCode(ports, UID, "CT_ALIPAY")
  assert.equal(customer.epoch, before?.issued.epoch)
  assert.equal((await issueCode(ports, UID))?.issued.payType, "CT_ALIPAY")
})

test("a code that is taken is not given twice", async () => {
  const { ports } = await codeDesk()
  const digits = ["1".repeat(17), "1".repeat(17), "2".repeat(17)]
  const repeating = { ...ports.random, digits: () => digits.shift() ?? "" }
  const first = await issueCode({ ...ports, random: repeating }, UID)
  const second = await issueCode({ ...ports, random: repeating }, UID)
  assert.notEqual(first?.code, second?.code)
})

test("randomness that has run dry is a fault, not a shared code", async () => {
  const { ports } = await codeDesk()
  const stuck = { ...ports, random: { ...ports.random, digits: () => "1".repeat(17) } }
  await issueCode(stuck, UID)
  await assert.rejects(issueCode(stuck, UID), /no free payment code/)
})

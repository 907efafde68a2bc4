import assert from "node:assert/strict"
import { test } from "node:test"
import { openShop, UID } from "../test/simulation/small-shop.ts"
import { closeAgreement, listAgreements } from "./agreements.ts"

test("a customer ends an agreement once, and only an own one", async () => {
  const { stores, agreement } = await openShop()
  assert.deepEqual(await listAgreements(stores, UID), [agreement])
  assert.equal(await closeAgreement(stores, "U2", agreement.id), false)
  assert.equal(await closeAgreement(stores, UID, "G-none"), false)
  assert.equal(await closeAgreement(stores, UID, agreement.id), true)
  assert.equal(await closeAgreement(stores, UID, agreement.id), false)
  assert.deepEqual(await listAgreements(stores, UID), [])
})

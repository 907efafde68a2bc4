import assert from "node:assert/strict"
import { test } from "node:test"
import { apply, type Order } from "../domain/order.ts"
import { openShop, payRequest, UID, WECHAT_CODE } from "../test/simulation/small-shop.ts"
import { listRecords, readRecord, recordChange } from "./consumption-records.ts"

async function paidOrder() {
  const shop = await openShop()
  const { code } = await shop.showCode()
  const result = await shop.pay(payRequest(code))
  assert.ok(result.ok)
  const after = result.order
  const before: Order = { ...after, state: "PAYING", version: 1, events: after.events.slice(0, 1) }
  return { shop, before, after }
}

test("a paid order is in its customer's records once, however often and late it is delivered", async () => {
  const { shop, before, after } = await paidOrder()
  const undone = apply(apply(after, "undoStarted", 1), "undone", 2)
  await recordChange(shop.stores, { before: { ...undone, state: "UNDOING" }, after: undone })
  await recordChange(shop.stores, { before, after })
  await recordChange(shop.stores, { before, after })
  const { records } = await listRecords(shop.stores, UID, { limit: 10 })
  assert.deepEqual(
    records.map(({ tradeNo, state, totalFen }) => [tradeNo, state, totalFen]),
    [[after.tradeNo, "CLOSED", 500]],
  )
})

test("what only began is in nobody's records", async () => {
  const { shop, before } = await paidOrder()
  await recordChange(shop.stores, { after: before })
  assert.deepEqual((await listRecords(shop.stores, UID, { limit: 10 })).records, [])
})

test("a payment with a channel's own code has no customer to record it for", async () => {
  const shop = await openShop()
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  await recordChange(shop.stores, { before: { ...result.order, state: "PAYING" }, after: result.order })
  assert.equal(shop.tables.records.size, 0)
})

test("the order behind a line is its customer's and nobody else's", async () => {
  const { shop, after } = await paidOrder()
  assert.equal((await readRecord(shop.stores, UID, after.tradeNo))?.tradeNo, after.tradeNo)
  assert.equal(await readRecord(shop.stores, "U2", after.tradeNo), undefined)
  assert.equal(await readRecord(shop.stores, UID, "1".repeat(26)), undefined)
})

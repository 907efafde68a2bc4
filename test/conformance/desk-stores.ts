/** What only DynamoDB keeps: what people did, which calls were refused, and the orders of a day. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { AuditLog, OrderDays, OrderStore, RefusedCalls } from "../../usecases/ports.ts"
import { fresh, NOON_MS, payingOrder, plain, sampleRequest } from "./samples.ts"

export function auditPromises(name: string, log: () => AuditLog): void {
  test(`${name}: what people did is listed under its day, newest first, as it was written`, async () => {
    const entryAt = (atMs: number, subject: string) => ({ atMs, operator: "li", action: "resolve", subject })
    const first = { ...entryAt(NOON_MS, "N1"), detail: "paid out by hand" }
    const second = entryAt(NOON_MS + 1, "N2")
    const nextDay = entryAt(NOON_MS + 24 * 60 * 60_000, "N3")
    for (const entry of [first, second, nextDay]) await log().write(entry)
    assert.deepEqual((await log().list("2025-06-01", 10)).map(plain), [second, first])
    assert.deepEqual((await log().list("2025-06-01", 1)).map(plain), [second])
    assert.deepEqual(await log().list("2025-05-31", 10), [])
  })
}

export function refusedCallPromises(name: string, calls: () => RefusedCalls): void {
  test(`${name}: a refused call is remembered for 600 s, by merchant and nonce`, async () => {
    const [merchantId, nonce] = [fresh("M"), fresh("nonce")]
    await calls().keep(merchantId, nonce, "ORDER_NOT_FOUND", NOON_MS)
    assert.equal(await calls().read(merchantId, nonce, NOON_MS + 599_999), "ORDER_NOT_FOUND")
    assert.equal(await calls().read(merchantId, nonce, NOON_MS + 600_000), undefined)
    assert.equal(await calls().read(merchantId, fresh("nonce"), NOON_MS), undefined)
    assert.equal(await calls().read(fresh("M"), nonce, NOON_MS), undefined)
  })
}

export function orderDayPromises(name: string, stores: () => { days: OrderDays; orders: OrderStore }): void {
  test(`${name}: a merchant's orders of a day are found without their numbers, and nobody else's`, async () => {
    const { days, orders } = stores()
    const merchantId = fresh("M")
    const made = Array.from({ length: 9 }, () => payingOrder(sampleRequest({ merchantId })))
    await Promise.all([...made, payingOrder(sampleRequest())].map((order) => orders.create(order)))
    const found: string[] = []
    for await (const page of days.tradeNos(merchantId, "20250601")) found.push(...page)
    assert.deepEqual(found.sort(), made.map((it) => it.tradeNo).sort())
    for await (const page of days.tradeNos(merchantId, "20250602")) assert.deepEqual(page, [])
    for await (const page of days.refundIds(merchantId, "20250601")) assert.deepEqual(page, [])
  })
}

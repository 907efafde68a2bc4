import assert from "node:assert/strict"
import { test } from "node:test"
import { newOrder, type Order } from "../domain/order.ts"
import {
  BALANCE_TOO_SMALL,
  KEY_ID,
  MERCHANT_ID,
  merchantAt,
  openShop,
  PAID,
  payRequest,
  type SmallShop,
  WECHAT_CODE,
} from "../test/simulation/small-shop.ts"
import { type ApplyPayPorts, type ApplyPayResult, applyPay } from "./apply-pay.ts"
import type { PayerStore } from "./ports.ts"

type PayerKey = Parameters<PayerStore["readPayer"]>[0]

/** What a till is told, in short. */
function told(result: ApplyPayResult): string {
  if (!result.ok) return result.refusal.code
  return result.order.failure ? `${result.order.state} ${result.order.failure.code}` : result.order.state
}

/** The call left nothing behind: its code pays for another number, its number takes another content. */
async function assertNothingHappened(shop: SmallShop, code: string, payId: string): Promise<void> {
  assert.equal(shop.channel.charges.length, 0)
  assert.equal((await shop.stores.codes.read(payId))?.owner, undefined)
  const other = await shop.showCode()
  assert.equal(told(await shop.pay(payRequest(other.code, { totalFen: 700 }))), "PAID")
  assert.equal(told(await shop.pay(payRequest(code, { outRequestNo: "N2" }))), "PAID")
}

test("a code of ours pays by the customer's agreement, and success stands in the store", async () => {
  const shop = await openShop()
  const { code, issued } = await shop.showCode()
  const result = await shop.pay(payRequest(code))
  assert.equal(told(result), "PAID")
  assert.ok(result.ok)
  assert.deepEqual(await shop.stores.orders.read(result.order.tradeNo), {
    ...result.order,
    extraData: undefined,
    notifyUrl: undefined,
    failure: undefined,
    undoUnansweredAtMs: undefined,
    undoNo: undefined,
  })
  const [charge] = shop.channel.charges
  assert.deepEqual(charge?.by, { intent: "agreement", contractId: "contract 1" })
  assert.deepEqual([charge?.amountFen, charge?.channelOrderNo], [500, `${result.order.tradeNo}01`])
  assert.equal((await shop.stores.codes.read(issued.payId))?.tradeNo, result.order.tradeNo)
  assert.deepEqual(shop.polls, [])
})

test("a channel's own code is charged as such and needs no customer of ours", async () => {
  const shop = await openShop()
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.equal(told(result), "PAID")
  assert.deepEqual(shop.channel.charges[0]?.by, { intent: "code", code: WECHAT_CODE })
  assert.ok(result.ok && result.order.uid === undefined)
})

test("a channel's refusal fails the order with the channel's reason", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => BALANCE_TOO_SMALL
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.equal(told(result), "FAILED BALANCE_INSUFFICIENT")
  assert.ok(result.ok && result.order.failure?.channelCode === "NOTENOUGH")
})

// --- what must hold at the very moment of paying ----------------------------------------------------------------------

test("a disabled merchant charges nothing, and code and number are free again", async () => {
  const shop = await openShop()
  const { code, issued } = await shop.showCode()
  shop.tables.gates.set(MERCHANT_ID, { disabled: true, settingsVersion: 1 })
  assert.equal(told(await shop.pay(payRequest(code))), "MERCHANT_DISABLED")
  shop.tables.gates.set(MERCHANT_ID, { disabled: false, settingsVersion: 1 })
  await assertNothingHappened(shop, code, issued.payId)
})

test("a merchant without a gate is disabled", async () => {
  const shop = await openShop()
  shop.tables.gates.delete(MERCHANT_ID)
  assert.equal(told(await shop.pay(payRequest(WECHAT_CODE))), "MERCHANT_DISABLED")
})

test("newer settings are loaded once and pay within the same call", async () => {
  const shop = await openShop()
  await shop.pay(payRequest(WECHAT_CODE, { outRequestNo: "N0" }))
  shop.tables.merchants.set(MERCHANT_ID, merchantAt(2))
  shop.tables.gates.set(MERCHANT_ID, { disabled: false, settingsVersion: 2 })
  const { code } = await shop.showCode()
  const result = await shop.pay(payRequest(code))
  assert.equal(told(result), "PAID")
  assert.ok(result.ok && result.order.legs[0]?.settingsVersion === 2)
  assert.equal(shop.channel.charges.length, 2)
})

test("a key that was revoked a moment ago pays nothing", async () => {
  const shop = await openShop()
  const { code, issued } = await shop.showCode()
  await shop.stores.merchants.read(MERCHANT_ID)
  shop.tables.merchants.set(MERCHANT_ID, merchantAt(2, ["K2"]))
  shop.tables.gates.set(MERCHANT_ID, { disabled: false, settingsVersion: 2 })
  assert.equal(told(await shop.pay(payRequest(code))), "KEY_UNKNOWN")
  shop.tables.merchants.set(MERCHANT_ID, merchantAt(3, [KEY_ID]))
  shop.tables.gates.set(MERCHANT_ID, { disabled: false, settingsVersion: 3 })
  await assertNothingHappened(shop, code, issued.payId)
})

test("settings that are newer again after they were loaded: try again", async () => {
  const shop = await openShop()
  const { code, issued } = await shop.showCode()
  shop.tables.gates.set(MERCHANT_ID, { disabled: false, settingsVersion: 9 })
  assert.equal(told(await shop.pay(payRequest(code))), "TRY_AGAIN")
  shop.tables.gates.set(MERCHANT_ID, { disabled: false, settingsVersion: 1 })
  await assertNothingHappened(shop, code, issued.payId)
})

test("without an agreement the order fails, and the channel is not asked", async () => {
  const shop = await openShop()
  const { code } = await shop.showCode()
  await shop.stores.agreements.remove(shop.agreement)
  assert.equal(told(await shop.pay(payRequest(code))), "FAILED AGREEMENT_REQUIRED")
  assert.equal(shop.channel.charges.length, 0)
})

test("a code of an ended epoch does not pay, nor when the customer has opened again", async () => {
  const shop = await openShop()
  const [first, second] = [await shop.showCode(), await shop.showCode()]
  await shop.stores.customers.close("U1")
  assert.equal(told(await shop.pay(payRequest(first.code))), "FAILED CODE_CLOSED")
  await shop.stores.customers.open("U1", "CT_WECHAT")
  const again = payRequest(second.code, { outRequestNo: "N2" })
  assert.equal(told(await shop.pay(again)), "FAILED CODE_CLOSED")
  assert.equal(shop.channel.charges.length, 0)
})

test("a pay type without an account is off", async () => {
  const shop = await openShop()
  const alipayCode = `28${"1".repeat(16)}`
  const ecnyCode = `01${"1".repeat(17)}`
  assert.equal(told(await shop.pay(payRequest(alipayCode))), "FAILED PAY_METHOD_OFF")
  assert.equal(told(await shop.pay(payRequest(ecnyCode, { outRequestNo: "N2" }))), "FAILED PAY_METHOD_OFF")
})

// --- codes ------------------------------------------------------------------------------------------------------------

test("a code pays two seconds after its end and not later", async () => {
  const shop = await openShop()
  const [late, later] = [await shop.showCode(), await shop.showCode()]
  await shop.wait(61_999)
  assert.equal(told(await shop.pay(payRequest(late.code))), "PAID")
  await shop.wait(1)
  assert.equal(told(await shop.pay(payRequest(later.code, { outRequestNo: "N2" }))), "FAILED CODE_EXPIRED")
})

test("a claim whose order was never put makes no order after the code's life", async () => {
  const shop = await openShop()
  const { code } = await shop.showCode()
  const dies = {
    ...shop.ports,
    orders: { ...shop.stores.orders, create: () => Promise.reject(new Error("died")) },
  }
  await assert.rejects(shop.pay(payRequest(code), { ports: dies }))
  await shop.wait(62_000)
  assert.equal(told(await shop.pay(payRequest(code))), "FAILED CODE_EXPIRED")
  assert.equal(shop.channel.charges.length, 0)
})

test("a code that paid is used for every other order", async () => {
  const shop = await openShop()
  const { code } = await shop.showCode()
  await shop.pay(payRequest(code))
  assert.equal(told(await shop.pay(payRequest(code, { outRequestNo: "N2" }))), "FAILED CODE_USED")
  assert.equal(shop.channel.charges.length, 1)
})

test("after 100 wrong codes in five minutes even a good one is refused, and is free when they are over", async () => {
  const shop = await openShop()
  for (let no = 1; no <= 100; no++) {
    const wrong = payRequest("000000", { outRequestNo: `W${no}` })
    assert.equal(told(await shop.pay(wrong)), "FAILED CODE_INVALID")
  }
  const { code, issued } = await shop.showCode()
  const refused = { ok: false, refusal: { code: "TOO_MANY_REQUESTS", retryAfterSeconds: 300 } }
  assert.deepEqual(await shop.pay(payRequest(code)), refused)
  assert.deepEqual(await shop.pay(payRequest("000000", { outRequestNo: "W101" })), refused)
  assert.equal(shop.channel.charges.length, 0)
  assert.equal((await shop.stores.codes.read(issued.payId))?.owner, undefined)

  await shop.wait(300_000)
  const fresh = await shop.showCode()
  assert.equal(told(await shop.pay(payRequest(fresh.code))), "PAID")
})

test("wrong codes do not keep a channel's own codes from paying", async () => {
  const shop = await openShop()
  shop.tables.wrongCodes.set(`${MERCHANT_ID}#${shop.time.nowMs()}`, 100)
  assert.equal(told(await shop.pay(payRequest(WECHAT_CODE))), "PAID")
})

test("a well-formed code of ours that nobody was given is counted as wrong", async () => {
  const shop = await openShop()
  const { code } = await shop.showCode()
  const stranger = await openShop()
  assert.equal(told(await stranger.pay(payRequest(code))), "FAILED CODE_INVALID")
  assert.deepEqual([...stranger.tables.wrongCodes.values()], [1])
})

// --- time -------------------------------------------------------------------------------------------------------------

test("a channel that never answers costs the till nine seconds at most", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async ({ timeoutMs }) => {
    await shop.time.sleep(timeoutMs)
    return { kind: "unknown", cause: "time-out" }
  }
  for (const waitedMs of [0, 4_000, 7_000]) {
    const startedMs = shop.time.monotonicMs()
    const request = payRequest(WECHAT_CODE, { outRequestNo: `N${waitedMs}` })
    assert.equal(told(await shop.pay(request, { waitedMs })), "PAYING")
    assert.ok(shop.time.monotonicMs() - startedMs + waitedMs <= 9_000)
  }
  assert.deepEqual(
    shop.channel.charges.map((it) => it.timeoutMs),
    [7_000, 4_500, 1_500],
  )
})

test("a call without time for the channel charges nothing and ends its order", async () => {
  const shop = await openShop()
  const { code } = await shop.showCode()
  assert.equal(told(await shop.pay(payRequest(code), { waitedMs: 7_501 })), "FAILED ORDER_CLOSED")
  assert.equal(told(await shop.pay(payRequest(code))), "FAILED ORDER_CLOSED")
  assert.equal(shop.channel.charges.length, 0)
})

test("a store that is slow beyond the deadline: what is known by then is told, else that nothing is", async () => {
  const shop = await openShop()
  const { orders, merchants } = shop.stores
  const slowMerchants = {
    async read(id: string) {
      await shop.time.sleep(20_000)
      return merchants.read(id)
    },
  }
  const slowWrites = {
    ...orders,
    async advance(before: Order, next: Order) {
      await shop.time.sleep(20_000)
      return orders.advance(before, next)
    },
  }
  const answeredIn = async (outRequestNo: string, change: Partial<ApplyPayPorts>) => {
    const startedMs = shop.time.monotonicMs()
    const request = payRequest(WECHAT_CODE, { outRequestNo })
    const caller = { keyId: KEY_ID, arrivedMonotonicMs: startedMs }
    const answer = applyPay({ ...shop.ports, ...change }, request, caller).then((result) => [
      told(result),
      shop.time.monotonicMs() - startedMs,
    ])
    const [result] = await Promise.all([answer, shop.time.run()])
    return result
  }
  assert.deepEqual(await answeredIn("N1", { orders: slowWrites }), ["PAYING", 9_000])
  assert.deepEqual(await answeredIn("N2", { merchants: slowMerchants }), ["SYSTEM_ERROR", 9_000])
  assert.deepEqual(
    [...shop.tables.orders.values()].map((it) => it.failure?.code ?? it.state),
    ["PAID", "ORDER_CLOSED"],
  )
  assert.equal(shop.channel.charges.length, 1)
})

test("payers that cannot be read: try again, and code and number are free", async () => {
  const shop = await openShop()
  const { code, issued } = await shop.showCode()
  const down = {
    ...shop.ports,
    payers: { readPayer: () => Promise.reject(new Error("the database is down")) },
  }
  assert.equal(told(await shop.pay(payRequest(code), { ports: down })), "TRY_AGAIN")
  await assertNothingHappened(shop, code, issued.payId)
})

test("a lease without time for the channel and the write charges nothing", async () => {
  const shop = await openShop()
  const { code } = await shop.showCode()
  const slow = {
    ...shop.ports,
    settings: { ...shop.ports.settings, answerWithinMs: 60_000 },
    payers: {
      async readPayer(key: PayerKey) {
        await shop.time.sleep(16_001)
        return shop.stores.payers.readPayer(key)
      },
    },
  }
  assert.equal(told(await shop.pay(payRequest(code), { ports: slow })), "FAILED ORDER_CLOSED")
  assert.equal(shop.channel.charges.length, 0)
})

test("a charge that never left us fails the order: nobody need ask about it", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "notSent", cause: "the account does not open" })
  assert.equal(told(await shop.pay(payRequest(WECHAT_CODE))), "FAILED PAY_METHOD_OFF")
  assert.deepEqual(shop.polls, [])
})

test("a channel at work is asked again within the call, until it has paid", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "pending", waitingFor: "channel" })
  shop.channel.onQuery = async () =>
    shop.channel.queries.length < 3 ? { kind: "pending", waitingFor: "channel" } : PAID
  assert.equal(told(await shop.pay(payRequest(WECHAT_CODE))), "PAID")
  assert.equal(shop.time.monotonicMs(), 150 + 500 + 1_000)
  assert.deepEqual(shop.polls, [])
})

test("a channel that stays at work is left to the queue within nine seconds", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "pending", waitingFor: "channel" })
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.equal(told(result), "PAYING")
  assert.ok(shop.time.monotonicMs() <= 9_000)
  assert.deepEqual(
    shop.polls.map(({ message, delayMs }) => [message.step, delayMs]),
    [[0, 5_000]],
  )
})

test("while the customer enters the password the order says so and is asked about later", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "pending", waitingFor: "password" })
  const result = await shop.pay(payRequest(WECHAT_CODE))
  assert.ok(result.ok)
  assert.deepEqual(
    result.order.events.map((it) => it.event),
    ["accepted", "passwordAsked"],
  )
  assert.equal(shop.channel.queries.length, 0)
  assert.equal(shop.polls.length, 1)
})

test("a queue that is down does not fail the answer", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "unknown", cause: "time-out" })
  const down = { ...shop.ports, polls: { send: () => Promise.reject(new Error("the queue is down")) } }
  assert.equal(told(await shop.pay(payRequest(WECHAT_CODE), { ports: down })), "PAYING")
})

test("success is not said when its write failed: the order stays paying and is asked about", async () => {
  const shop = await openShop()
  const down = { ...shop.stores.orders, advance: () => Promise.reject(new Error("the database is down")) }
  await assert.rejects(shop.pay(payRequest(WECHAT_CODE), { ports: { ...shop.ports, orders: down } }))
  const [order] = shop.tables.orders.values()
  assert.equal(order?.state, "PAYING")
  assert.deepEqual(
    shop.polls.map((it) => it.message.step),
    [0],
  )
})

// --- the same number again --------------------------------------------------------------------------------------------

test("the same call again gives the same order and never charges again", async () => {
  const shop = await openShop()
  const outcomes = [PAID, BALANCE_TOO_SMALL, { kind: "unknown", cause: "time-out" } as const]
  for (const [index, outcome] of outcomes.entries()) {
    shop.channel.onCharge = async () => outcome
    const { code } = await shop.showCode()
    const request = payRequest(code, { outRequestNo: `N${index}` })
    const first = await shop.pay(request)
    const again = await shop.pay(request)
    assert.ok(first.ok && again.ok)
    assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(first)))
    assert.equal(shop.channel.charges.length, index + 1)
  }
})

test("a refused call again is refused for the same reason, also when the reason is gone", async () => {
  const shop = await openShop()
  const { code } = await shop.showCode()
  await shop.stores.agreements.remove(shop.agreement)
  await shop.pay(payRequest(code))
  await shop.stores.agreements.put(shop.agreement)
  assert.equal(told(await shop.pay(payRequest(code))), "FAILED AGREEMENT_REQUIRED")
  assert.equal(shop.channel.charges.length, 0)
})

test("the same call again finds its order long after the code's life", async () => {
  const shop = await openShop()
  const { code } = await shop.showCode()
  await shop.pay(payRequest(code))
  await shop.wait(24 * 60 * 60_000)
  assert.equal(told(await shop.pay(payRequest(code))), "PAID")
  assert.equal(shop.channel.charges.length, 1)
})

test("an unknown order is asked about once more when its owner has gone, and not before", async () => {
  const shop = await openShop()
  shop.channel.onCharge = async () => ({ kind: "unknown", cause: "time-out" })
  const request = payRequest(WECHAT_CODE)
  await shop.pay(request)
  await shop.wait(24_000)
  await shop.pay(request)
  assert.equal(shop.polls.length, 1)
  await shop.wait(1_001)
  await shop.pay(request)
  assert.deepEqual(
    shop.polls.map(({ message, delayMs }) => [message.step, delayMs]),
    [
      [0, 5_000],
      [2, 0],
    ],
  )
})

test("another content under a used number is refused, and its code is let go", async () => {
  const shop = await openShop()
  const [first, second] = [await shop.showCode(), await shop.showCode()]
  await shop.pay(payRequest(first.code))
  assert.equal(told(await shop.pay(payRequest(first.code, { totalFen: 501 }))), "ORDER_NO_REUSED")
  assert.equal(told(await shop.pay(payRequest(second.code))), "ORDER_NO_REUSED")
  assert.equal(told(await shop.pay(payRequest(second.code, { outRequestNo: "N2" }))), "PAID")
  assert.equal(shop.channel.charges.length, 2)
})

test("a number that was closed before it was seen stays closed, whatever is asked under it", async () => {
  const shop = await openShop()
  const { code, issued } = await shop.showCode()
  const facts = { fingerprint: "", createdAtMs: shop.time.nowMs(), day: "20250601" }
  await shop.stores.orders.create(newOrder(payRequest(""), "closedUnseen", facts))
  assert.equal(told(await shop.pay(payRequest(code))), "CLOSED")
  assert.equal(told(await shop.pay(payRequest(WECHAT_CODE, { totalFen: 9 }))), "CLOSED")
  assert.equal(shop.channel.charges.length, 0)
  assert.equal((await shop.stores.codes.read(issued.payId))?.owner, undefined)
})

test("a call that gave its order up and lost the answer to that does not answer with its successor's", async () => {
  const shop = await openShop()
  shop.tables.gates.set(MERCHANT_ID, { disabled: true, settingsVersion: 1 })
  const { orders } = shop.stores
  const lost = {
    ...orders,
    async advance(...write: Parameters<typeof orders.advance>) {
      await orders.advance(...write)
      shop.tables.gates.set(MERCHANT_ID, { disabled: false, settingsVersion: 1 })
      const caller = { keyId: KEY_ID, arrivedMonotonicMs: 0 }
      await applyPay(shop.ports, payRequest(WECHAT_CODE, { totalFen: 900 }), caller)
      return orders.advance(...write)
    },
  }
  const { code } = await shop.showCode()
  const result = await shop.pay(payRequest(code), { ports: { ...shop.ports, orders: lost } })
  assert.equal(told(result), "MERCHANT_DISABLED")
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { freshOrder } from "./memory.ts"
import { noticeDueAt, wantsNotice } from "./notice-plan.ts"
import type { Order } from "./order.ts"

function order(fields: Partial<Order> = {}): Order {
  const made = freshOrder({
    mchid: "1900000101",
    appid: "wx8888888888888888",
    outTradeNo: "N1",
    transactionId: "T1",
    product: "papayApply",
    amountFen: 500,
    openid: "o1",
    notifyUrl: "http://127.0.0.1:8787/notify",
    contentHash: "",
    ending: "pays",
    createdAtMs: 0,
    moneyAtMs: 1_000,
  })
  return { ...made, ...fields }
}

test("only this machine is called, over http or https, and only for agreement payments", () => {
  for (const host of ["127.0.0.1:1", "localhost", "[::1]:8", "127.9.9.9"]) {
    assert.ok(wantsNotice(order({ notifyUrl: `http://${host}/a` })), host)
    assert.ok(wantsNotice(order({ notifyUrl: `https://${host}/a` })), host)
  }
  const others = [
    "https://pay.example.com/",
    "http://127.0.0.1.example.com/",
    "ftp://127.0.0.1/",
    "no address",
    "",
  ]
  for (const notifyUrl of [...others, undefined]) assert.ok(!wantsNotice(order({ notifyUrl })), notifyUrl)
  assert.ok(!wantsNotice(order({ product: "codepay" })))
})

test("the plan's waits come to 24 h 4 m after the payment, divided by the speed, and then it gives up", () => {
  for (const speed of [1, 20]) {
    const it = order()
    let nowMs = 0
    let tries = 0
    for (; wantsNotice(it); tries += 1) {
      nowMs = noticeDueAt(it, speed) ?? Number.NaN
      it.notices = { tries: tries + 1, received: 0, lastAtMs: nowMs }
    }
    assert.equal(tries, 16)
    assert.equal(nowMs, 1_000 + ((24 * 60 + 4) * 60_000) / speed)
  }
})

test("what is not paid is not due, and a second notification is due 30 s after the first was taken", () => {
  assert.equal(noticeDueAt(order({ moneyAtMs: undefined }), 1), undefined)
  const twice = order({
    ending: "paysAndNotifiesTwice",
    notices: { tries: 0, received: 1, lastAtMs: 5_000 },
  })
  assert.ok(wantsNotice(twice))
  assert.equal(noticeDueAt(twice, 1), 35_000)
  assert.equal(noticeDueAt(twice, 20), 6_500)
  assert.ok(!wantsNotice({ ...twice, ending: "pays" }))
})

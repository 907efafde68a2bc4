import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import { after, before, test } from "node:test"
import { helper, type Running, runPlatform, Till, until, wechatBooks } from "./running-platform.ts"

let running: Running
let till: Till
let number = 0

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
})
after(() => running?.stop())

type Order = { out_request_no: string; pay_out_trade_no: string }

async function paid(totalFee: number): Promise<Order> {
  number += 1
  const qrcode = `13${Array.from({ length: 16 }, () => randomInt(10)).join("")}`
  const out_request_no = `F${number}`
  const said = await till.call("applypay", {
    out_request_no,
    qrcode,
    body: "早餐",
    total_fee: totalFee,
    store_id: "SZTX001",
  })
  assert.equal(said.data.pay_status, "PS_SUCCESS")
  return { out_request_no, pay_out_trade_no: String(said.data.pay_out_trade_no) }
}

type Asked = { out_refund_no: string; refund_fee: number } & Record<string, unknown>

const refund = ({ out_request_no }: Order, asked: Asked) => till.call("refund", { out_request_no, ...asked })

function nextNo(): string {
  number += 1
  return `R${number}`
}

async function returned(order: Order): Promise<number> {
  return (await wechatBooks(running, order.pay_out_trade_no)).returned
}

test("a part goes back, then the rest, and not one fen more", async () => {
  const order = await paid(1000)
  const part = await refund(order, { out_refund_no: nextNo(), refund_fee: 300 })
  assert.deepEqual(
    [part.code, part.data.pay_refund_status, part.data.pay_refund_fee],
    ["SUCCESS", "RS_SUCCESS", 300],
  )
  assert.deepEqual([part.data.total_fee, part.data.pay_out_trade_no], [1000, order.pay_out_trade_no])
  assert.match(String(part.data.refund_time), /^\d{14}$/)
  const tooMuch = await refund(order, { out_refund_no: nextNo(), refund_fee: 701 })
  assert.deepEqual([tooMuch.status, tooMuch.code], [409, "REFUND_EXCEEDS_PAID"])
  const rest = await refund(order, { out_refund_no: nextNo(), refund_fee: 700 })
  assert.equal(rest.data.pay_refund_status, "RS_SUCCESS")
  const more = await refund(order, { out_refund_no: nextNo(), refund_fee: 1 })
  assert.equal(more.code, "REFUND_EXCEEDS_PAID")
  assert.equal(await returned(order), 1000)
})

test("the same number again gives the same answer and moves nothing; with another amount it is refused", async () => {
  const order = await paid(1000)
  const asked = { out_refund_no: nextNo(), refund_fee: 400 }
  const first = await refund(order, asked)
  const again = await refund(order, asked)
  assert.deepEqual(again.data, first.data)
  const other = await refund(order, { ...asked, refund_fee: 401 })
  assert.deepEqual([other.status, other.code], [409, "REFUND_NO_REUSED"])
  assert.equal(await returned(order), 400)
})

test("a refund of everything that is replayed after it is told what became of it", async () => {
  const order = await paid(800)
  const asked = { out_refund_no: nextNo(), refund_fee: 800 }
  await refund(order, asked)
  const again = await refund(order, asked)
  assert.deepEqual([again.code, again.data.pay_refund_status], ["SUCCESS", "RS_SUCCESS"])
})

test("of one number for two orders at the same time one refunds", async () => {
  const [a, b] = [await paid(500), await paid(500)]
  const asked = { out_refund_no: nextNo(), refund_fee: 500 }
  const said = await Promise.all([refund(a, asked), refund(b, asked)])
  assert.deepEqual(said.map((it) => it.code).sort(), ["REFUND_NO_REUSED", "SUCCESS"])
  assert.equal((await returned(a)) + (await returned(b)), 500)
})

test("of fifty at once against one order exactly as many refund as it was paid for", async () => {
  const order = await paid(1000)
  const said = await Promise.all(
    Array.from({ length: 50 }, () => refund(order, { out_refund_no: nextNo(), refund_fee: 100 })),
  )
  const done = said.filter((it) => it.code === "SUCCESS")
  assert.equal(done.length, 10)
  for (const it of said.filter((other) => other.code !== "SUCCESS"))
    assert.equal(it.code, "REFUND_EXCEEDS_PAID")
  for (const it of done) {
    await until(
      () => till.call("refundquery", { out_refund_no: it.data.out_refund_no }),
      ({ data }) => data.pay_refund_status === "RS_SUCCESS",
      60_000,
    )
  }
  assert.equal(await returned(order), 1000)
})

test("a number whose refund was refused before anything was sent is free again", async () => {
  const order = await paid(500)
  const out_refund_no = nextNo()
  assert.equal((await refund(order, { out_refund_no, refund_fee: 501 })).code, "REFUND_EXCEEDS_PAID")
  assert.equal((await till.call("refundquery", { out_refund_no })).code, "REFUND_NOT_FOUND")
  assert.equal((await refund(order, { out_refund_no, refund_fee: 500 })).data.pay_refund_status, "RS_SUCCESS")
})

test("910: the channel does not answer at first; the refund goes on by itself and moves the money once", async () => {
  const order = await paid(3910)
  const asked = { out_refund_no: nextNo(), refund_fee: 1000 }
  const first = await refund(order, asked)
  assert.equal(first.data.pay_refund_status, "RS_PROCESSING")
  const { data } = await until(
    () => till.call("refundquery", { out_refund_no: asked.out_refund_no }),
    (it) => it.data.pay_refund_status !== "RS_PROCESSING",
    60_000,
  )
  assert.deepEqual([data.pay_refund_status, data.pay_refund_fee], ["RS_SUCCESS", 1000])
  assert.equal(await returned(order), 1000)
})

test("a channel that is down answers later, and so does the refund", async () => {
  const order = await paid(900)
  await helper(running, "POST", "/local/channels/wechat/down", { for_ms: 3_000 })
  const asked = { out_refund_no: nextNo(), refund_fee: 900 }
  const first = await refund(order, asked)
  assert.equal(first.data.pay_refund_status, "RS_PROCESSING")
  await until(
    () => refund(order, asked),
    (it) => it.data.pay_refund_status === "RS_SUCCESS",
    60_000,
  )
  assert.equal(await returned(order), 900)
})

test("once a refund gave money back the payment is not reversed any more, and a reversed payment is not refunded", async () => {
  const refunded = await paid(600)
  await refund(refunded, { out_refund_no: nextNo(), refund_fee: 1 })
  const reversal = await till.call("reverse", { out_request_no: refunded.out_request_no })
  assert.deepEqual([reversal.status, reversal.code], [409, "ORDER_STATE_FORBIDS"])
  const undone = await paid(600)
  await till.call("reverse", { out_request_no: undone.out_request_no })
  const late = await refund(undone, { out_refund_no: nextNo(), refund_fee: 1 })
  assert.equal(late.code, "ORDER_STATE_FORBIDS")
  assert.equal(await returned(refunded), 1)
  assert.equal(await returned(undone), 600)
})

test("a refund and a reversal at the same moment give back no more than was paid", async () => {
  for (let round = 0; round < 5; round++) {
    const order = await paid(700)
    const [refunding, reversing] = await Promise.all([
      refund(order, { out_refund_no: nextNo(), refund_fee: 700 }),
      till.call("reverse", { out_request_no: order.out_request_no }),
    ])
    assert.deepEqual([refunding.code, reversing.code].sort(), ["ORDER_STATE_FORBIDS", "SUCCESS"])
    await until(
      () => returned(order),
      (fen) => fen === 700,
      60_000,
    )
  }
})

test("another merchant's order is not found, nor its refund", async () => {
  const order = await paid(500)
  const asked = { out_refund_no: nextNo(), refund_fee: 100 }
  const { data } = await refund(order, asked)
  const stranger = new Till(running, "M10002")
  const byOrder = await stranger.call("refund", { pay_out_trade_no: order.pay_out_trade_no, ...asked })
  assert.deepEqual([byOrder.status, byOrder.code], [404, "ORDER_NOT_FOUND"])
  const byId = await stranger.call("refundquery", { pay_refund_id: data.pay_refund_id })
  assert.deepEqual([byId.status, byId.code], [404, "REFUND_NOT_FOUND"])
})

test("what is missing or malformed is said, and nothing happens", async () => {
  const order = await paid(500)
  const bad: [string, Record<string, unknown>][] = [
    ["refund", { out_refund_no: "X1", refund_fee: 1 }],
    ["refund", { ...order, refund_fee: 1 }],
    ["refund", { ...order, out_refund_no: "X1" }],
    ["refund", { ...order, out_refund_no: "X1", refund_fee: 0 }],
    ["refund", { ...order, out_refund_no: "X1", refund_fee: 1.5 }],
    ["refund", { ...order, out_refund_no: "X1", refund_fee: "1" }],
    ["refund", { ...order, out_refund_no: "X1", refund_fee: 2 ** 53 }],
    ["refund", { ...order, out_refund_no: "X 1", refund_fee: 1 }],
    ["refund", { ...order, out_refund_no: "X1", refund_fee: 1, more: true }],
    ["refund", { ...order, out_refund_no: "X1", refund_fee: 1, notify_url: "ftp://x" }],
    ["refundquery", {}],
    ["refundquery", { pay_refund_id: "1" }],
  ]
  for (const [name, input] of bad) {
    const said = await till.call(name, input)
    assert.deepEqual([said.status, said.code], [400, "INVALID_PARAMETER"], JSON.stringify(input))
  }
  assert.equal(await returned(order), 0)
})

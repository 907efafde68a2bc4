import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import { after, before, test } from "node:test"
import { type Books, Phone, type Running, runPlatform, Till, until, wechatBooks } from "./running-platform.ts"

let running: Running
let till: Till
let phone: Phone
let number = 0

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
  phone = await Phone.of(running, "U10001")
})
after(() => running?.stop())

function order(totalFee: number, qrcode = foreignCode()) {
  number += 1
  return { out_request_no: `E${number}`, qrcode, body: "早餐", total_fee: totalFee, store_id: "SZTX001" }
}

function foreignCode(): string {
  return `13${Array.from({ length: 16 }, () => randomInt(10)).join("")}`
}

type Ending = { totalFee: number; first: string; last: string; charged: number; returned: number }

/** The contract's table (§5), as it holds when nobody reverses. */
const ENDINGS: readonly Ending[] = [
  { totalFee: 3901, first: "PS_FAILED", last: "PS_FAILED", charged: 0, returned: 0 },
  { totalFee: 3902, first: "PS_PAYING", last: "PS_SUCCESS", charged: 3902, returned: 0 },
  { totalFee: 3903, first: "PS_PAYING", last: "PS_CLOSED", charged: 0, returned: 0 },
  { totalFee: 3904, first: "PS_PAYING", last: "PS_SUCCESS", charged: 3904, returned: 0 },
  { totalFee: 3905, first: "PS_PAYING", last: "PS_CLOSED", charged: 0, returned: 0 },
  { totalFee: 3906, first: "PS_PAYING", last: "PS_SUCCESS", charged: 3906, returned: 0 },
  { totalFee: 3907, first: "PS_PAYING", last: "PS_SUCCESS", charged: 3907, returned: 0 },
  { totalFee: 3908, first: "PS_PAYING", last: "PS_CLOSED", charged: 3908, returned: 3908 },
  { totalFee: 3909, first: "PS_SUCCESS", last: "PS_SUCCESS", charged: 3909, returned: 0 },
  { totalFee: 3910, first: "PS_SUCCESS", last: "PS_SUCCESS", charged: 3910, returned: 0 },
]

async function playToTheEnd(request: ReturnType<typeof order>, ending: Ending): Promise<void> {
  const said = await till.call("applypay", request)
  assert.equal(said.data.pay_status, ending.first, `${ending.totalFee} at first`)
  const settled = await until(
    () => till.call("orderquery", { out_request_no: request.out_request_no }),
    ({ data }) => data.pay_status !== "PS_PAYING",
    90_000,
  )
  assert.equal(settled.data.pay_status, ending.last, `${ending.totalFee} in the end`)
  const books = await wechatBooks(running, settled.data.pay_out_trade_no)
  assert.deepEqual(
    [books.charged, books.returned],
    [ending.charged, ending.returned],
    `${ending.totalFee} in the books`,
  )
}

test("every ending of the contract comes out as its table says, for WeChat's codes and for ours", async () => {
  const own = await Promise.all(
    ENDINGS.map(async (it) => order(it.totalFee, (await phone.showCode()).qrcode)),
  )
  await Promise.all(
    ENDINGS.flatMap((it, index) => [
      playToTheEnd(order(it.totalFee), it),
      ...(own[index] ? [playToTheEnd(own[index], it)] : []),
    ]),
  )
})

const reverse = (input: Record<string, unknown>) => till.call("reverse", input)
const isBack = ({ charged, returned }: Books) => charged === returned

test("a payment of today is undone whole, once, and asking again says so", async () => {
  const request = order(1500, (await phone.showCode()).qrcode)
  const paid = await till.call("applypay", request)
  const first = await reverse({ out_request_no: request.out_request_no })
  assert.deepEqual([first.code, first.data.recall], ["SUCCESS", "N"])
  assert.match(String(first.data.reverse_date), /^\d{8}$/)
  assert.match(String(first.data.reverse_time), /^\d{14}$/)
  const again = await reverse({ pay_out_trade_no: paid.data.pay_out_trade_no })
  assert.deepEqual(again.data, first.data)
  const asked = await till.call("orderquery", { out_request_no: request.out_request_no })
  assert.equal(asked.data.pay_status, "PS_CLOSED")
  const applied = await till.call("applypay", request)
  assert.deepEqual([applied.data.pay_status, applied.data.pay_err_code], ["PS_FAILED", "ORDER_CLOSED"])
  const books = await wechatBooks(running, paid.data.pay_out_trade_no)
  assert.deepEqual([books.charged, books.returned, books.returns.length], [1500, 1500, 1])
})

test("a channel that does not answer the first undo is asked until the money is back, once", async () => {
  const request = order(2910)
  const paid = await till.call("applypay", request)
  assert.equal((await reverse({ out_request_no: request.out_request_no })).code, "SUCCESS")
  const books = await until(() => wechatBooks(running, paid.data.pay_out_trade_no), isBack, 60_000)
  assert.deepEqual([books.charged, books.returned, books.returns.length], [2910, 2910, 1])
  const closed = await until(
    () => till.call("orderquery", { out_request_no: request.out_request_no }),
    ({ data }) => data.pay_status === "PS_CLOSED",
  )
  assert.equal(closed.data.pay_status, "PS_CLOSED")
  assert.equal((await reverse({ out_request_no: request.out_request_no })).data.recall, "N")
})

test("a number that was never seen is closed for good; an unknown platform number is not found", async () => {
  const request = order(800, (await phone.showCode()).qrcode)
  const closed = await reverse({ out_request_no: request.out_request_no })
  assert.deepEqual([closed.code, closed.data.recall], ["SUCCESS", "N"])
  const late = await till.call("applypay", request)
  assert.deepEqual([late.data.pay_status, late.data.pay_err_code], ["PS_FAILED", "ORDER_CLOSED"])
  assert.equal((await wechatBooks(running, late.data.pay_out_trade_no)).charged, 0)
  const asked = await till.call("orderquery", { out_request_no: request.out_request_no })
  assert.equal(asked.data.pay_status, "PS_CLOSED")
  // The code was let go: it pays under another number.
  assert.equal(
    (await till.call("applypay", { ...request, out_request_no: "E-next" })).data.pay_status,
    "PS_SUCCESS",
  )
  const unknown = await reverse({ pay_out_trade_no: "99999999999999999999999999" })
  assert.deepEqual([unknown.status, unknown.code], [404, "ORDER_NOT_FOUND"])
  assert.equal((await reverse({})).code, "INVALID_PARAMETER")
})

test("another merchant reverses nothing of this one's", async () => {
  const request = order(900)
  const paid = await till.call("applypay", request)
  const other = new Till(running, "M10002")
  const refused = await other.call("reverse", { pay_out_trade_no: paid.data.pay_out_trade_no })
  assert.deepEqual([refused.status, refused.code], [404, "ORDER_NOT_FOUND"])
  // Its own order of that number is closed, ours is untouched.
  assert.equal((await other.call("reverse", { out_request_no: request.out_request_no })).data.recall, "N")
  const asked = await till.call("orderquery", { out_request_no: request.out_request_no })
  assert.equal(asked.data.pay_status, "PS_SUCCESS")
})

test("reversed while the charge is on its way, the order ends closed and nobody has paid", async () => {
  const request = order(3904)
  const charging = till.call("applypay", request)
  await until(
    () => till.call("orderquery", { out_request_no: request.out_request_no }),
    ({ code }) => code === "SUCCESS",
  )
  const said = await reverse({ out_request_no: request.out_request_no })
  assert.deepEqual([said.code, said.data.recall], ["SUCCESS", "Y"])
  assert.equal((await charging).data.pay_status, "PS_PAYING")
  const closed = await until(
    () => till.call("orderquery", { out_request_no: request.out_request_no }),
    ({ data }) => data.pay_status !== "PS_PAYING",
    60_000,
  )
  assert.equal(closed.data.pay_status, "PS_CLOSED")
  const books = await wechatBooks(running, closed.data.pay_out_trade_no)
  assert.ok(isBack(books), JSON.stringify(books))
})

test("reverse and charge at the same time agree in the end", async () => {
  const requests = Array.from({ length: 10 }, () => order(700))
  await Promise.all(
    requests.flatMap((it) => [till.call("applypay", it), reverse({ out_request_no: it.out_request_no })]),
  )
  for (const { out_request_no } of requests) {
    const settled = await until(
      () => till.call("orderquery", { out_request_no }),
      ({ data }) => data.pay_status !== "PS_PAYING",
      90_000,
    )
    const books = await wechatBooks(running, settled.data.pay_out_trade_no)
    assert.equal(settled.data.pay_status, "PS_CLOSED")
    assert.ok(isBack(books), JSON.stringify(books))
  }
})

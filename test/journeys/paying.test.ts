import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { helper, Phone, type Running, runPlatform, Till, until, wechatBooks } from "./running-platform.ts"

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

/** A fresh request for the shop; fields may be replaced or left out. */
function order(qrcode: string, fields: Record<string, unknown> = {}) {
  number += 1
  return {
    out_request_no: `T${number}`,
    qrcode,
    body: "早餐 豆浆",
    total_fee: 1200,
    store_id: "SZTX001",
    ...fields,
  }
}

function foreignCode(): string {
  return `13${Array.from({ length: 16 }, () => Math.floor(Math.random() * 10)).join("")}`
}

test("a shown code pays, and the till, the phone, the channel and the records agree", async () => {
  const { qrcode, payId } = await phone.showCode()
  assert.match(qrcode, /^\d{20}$/)
  assert.equal((await phone.call("GET", `/payments/${payId}`)).data.status, "WAITING")
  assert.deepEqual((await till.call("queryuid", { qrcode })).data, { uid: "U10001" })

  const request = order(qrcode)
  const said = await till.call("applypay", request)
  assert.equal(said.status, 200)
  assert.equal(said.data.pay_status, "PS_SUCCESS")
  assert.equal(said.data.total_fee, 1200)
  assert.equal(said.data.uid, "U10001")
  assert.equal(said.data.pay_type, "CT_WECHAT")
  assert.match(String(said.data.pay_out_trade_no), /^\d{26}$/)
  assert.match(String(said.data.pay_date), /^\d{8}$/)
  assert.ok(String(said.data.pay_time).startsWith(String(said.data.pay_date)))
  assert.equal(said.data.pay_coupon_fee, 0)

  const tradeNo = said.data.pay_out_trade_no
  const books = await wechatBooks(running, tradeNo)
  assert.equal(books.charged, 1200)
  assert.equal(books.returned, 0)
  assert.equal((await phone.call("GET", `/payments/${payId}`)).data.status, "PAID")
  for (const numbers of [{ out_request_no: request.out_request_no }, { pay_out_trade_no: tradeNo }]) {
    const asked = await till.call("orderquery", numbers)
    assert.deepEqual(asked.data, said.data)
  }

  const listed = await until(
    () => phone.call("GET", "/records"),
    ({ data }) =>
      (data.records as { pay_out_trade_no: string }[]).some((it) => it.pay_out_trade_no === tradeNo),
    5_000,
  )
  assert.equal(listed.code, "SUCCESS")
  const detail = await phone.call("GET", `/records/${tradeNo}`)
  assert.equal(detail.data.pay_type_trade_no, said.data.pay_type_trade_no)
  assert.equal(detail.data.body, "早餐 豆浆")
})

test("the same call again gives the same answer and charges nothing more", async () => {
  const { qrcode } = await phone.showCode()
  const request = order(qrcode)
  const first = await till.call("applypay", request)
  const second = await till.call("applypay", request)
  assert.deepEqual(second.data, first.data)
  const signed = till.sign("applypay", request)
  await till.send(signed)
  assert.deepEqual((await till.send(signed)).data, first.data, "also byte for byte the same call")
  assert.equal((await wechatBooks(running, first.data.pay_out_trade_no)).charges.length, 1)
})

test("200 times at once is one charge, one order, and no answer that contradicts another", async () => {
  const { qrcode } = await phone.showCode()
  const request = order(qrcode)
  const said = await Promise.all(Array.from({ length: 200 }, () => till.call("applypay", request)))
  const statuses = new Set(said.map((it) => it.data.pay_status))
  assert.deepEqual(new Set(said.map((it) => it.code)), new Set(["SUCCESS"]))
  for (const status of statuses) assert.ok(status === "PS_SUCCESS" || status === "PS_PAYING", String(status))
  assert.equal(new Set(said.map((it) => it.data.pay_out_trade_no)).size, 1)
  const settled = await till.call("orderquery", { out_request_no: request.out_request_no })
  assert.equal(settled.data.pay_status, "PS_SUCCESS")
  assert.equal((await wechatBooks(running, settled.data.pay_out_trade_no)).charged, 1200)
})

test("the same number with another amount is refused and loses nothing", async () => {
  const { qrcode } = await phone.showCode()
  const request = order(qrcode)
  const first = await till.call("applypay", request)
  for (const change of [
    { total_fee: 1201 },
    { body: "午餐" },
    { store_id: "SZTX002" },
    { qrcode: foreignCode() },
  ]) {
    const other = await till.call("applypay", { ...request, ...change })
    assert.equal(other.status, 409)
    assert.equal(other.code, "ORDER_NO_REUSED")
  }
  assert.equal((await wechatBooks(running, first.data.pay_out_trade_no)).charged, 1200)
})

test("a code that met a number in use can still pay under a new one", async () => {
  const first = order((await phone.showCode()).qrcode)
  await till.call("applypay", first)
  const { qrcode } = await phone.showCode()
  assert.equal((await till.call("applypay", { ...first, qrcode })).code, "ORDER_NO_REUSED")
  assert.equal((await till.call("applypay", order(qrcode))).data.pay_status, "PS_SUCCESS")
})

test("one code in ten orders pays once", async () => {
  const { qrcode } = await phone.showCode()
  const said = await Promise.all(Array.from({ length: 10 }, () => till.call("applypay", order(qrcode))))
  const paid = said.filter((it) => it.data.pay_status === "PS_SUCCESS")
  const used = said.filter((it) => it.data.pay_err_code === "CODE_USED")
  assert.deepEqual([paid.length, used.length], [1, 9])
  for (const { data } of used) assert.equal((await wechatBooks(running, data.pay_out_trade_no)).charged, 0)
})

test("a balance that is too small fails with its reason on till and phone", async () => {
  const { qrcode, payId } = await phone.showCode()
  const said = await till.call("applypay", order(qrcode, { total_fee: 10_901 }))
  assert.equal(said.data.pay_status, "PS_FAILED")
  assert.equal(said.data.pay_err_code, "BALANCE_INSUFFICIENT")
  assert.ok(said.data.pay_err_desc)
  assert.equal((await phone.call("GET", `/payments/${payId}`)).data.status, "FAILED")
  const foreign = await till.call("applypay", order(foreignCode(), { total_fee: 901 }))
  assert.equal(foreign.data.pay_err_code, "BALANCE_INSUFFICIENT")
})

test("without an agreement merchant and app are told, and after consent a new code pays", async () => {
  const stranger = await Phone.of(running, "U10002")
  const { qrcode, payId } = await stranger.showCode()
  const refused = await till.call("applypay", order(qrcode))
  assert.equal(refused.data.pay_status, "PS_FAILED")
  assert.equal(refused.data.pay_err_code, "AGREEMENT_REQUIRED")
  assert.equal((await stranger.call("GET", `/payments/${payId}`)).data.status, "AUTHORIZE")

  await helper(running, "POST", "/local/agreements", {
    uid: "U10002",
    merchant_id: "M10001",
    pay_type: "CT_WECHAT",
  })
  const next = await stranger.showCode()
  assert.equal((await till.call("applypay", order(next.qrcode))).data.pay_status, "PS_SUCCESS")

  const { data } = await stranger.call("GET", "/agreements")
  const [agreement] = data.agreements as { id: string; merchant_id: string }[]
  assert.equal(agreement?.merchant_id, "M10001")
  assert.equal((await phone.call("POST", `/agreements/${agreement?.id}/close`)).code, "AGREEMENT_NOT_FOUND")
  assert.equal((await stranger.call("POST", `/agreements/${agreement?.id}/close`)).code, "SUCCESS")
  const last = await stranger.showCode()
  assert.equal((await till.call("applypay", order(last.qrcode))).data.pay_err_code, "AGREEMENT_REQUIRED")
})

test("closing the code ends every issued one at once, and opening it again does not revive them", async () => {
  const customer = await Phone.of(running, "U10003")
  await helper(running, "POST", "/local/agreements", {
    uid: "U10003",
    merchant_id: "M10001",
    pay_type: "CT_WECHAT",
  })
  const { qrcode } = await customer.showCode()
  assert.equal((await customer.call("POST", "/code/close")).code, "SUCCESS")
  assert.equal((await customer.call("POST", "/code")).code, "CODE_NOT_OPEN")
  assert.equal((await till.call("queryuid", { qrcode })).code, "CODE_NOT_FOUND")
  const closed = await till.call("applypay", order(qrcode))
  assert.equal(closed.data.pay_err_code, "CODE_CLOSED")

  const another = await (async () => {
    await customer.call("POST", "/code/open", { pay_type: "CT_WECHAT" })
    return customer.showCode()
  })()
  await customer.call("POST", "/code/close")
  await customer.call("POST", "/code/open", { pay_type: "CT_WECHAT" })
  assert.equal((await till.call("applypay", order(another.qrcode))).data.pay_err_code, "CODE_CLOSED")
  assert.equal(
    (await till.call("applypay", order((await customer.showCode()).qrcode))).data.pay_status,
    "PS_SUCCESS",
  )
})

test("what is no code of ours is refused with its reason", async () => {
  for (const qrcode of ["92000000000000000000", "hello", "99999999999999999999", "二维码"]) {
    const said = await till.call("applypay", order(qrcode))
    assert.equal(said.data.pay_err_code, "CODE_INVALID", qrcode)
    assert.equal((await till.call("queryuid", { qrcode })).code, "CODE_NOT_FOUND")
  }
  assert.equal(
    (await till.call("applypay", order("6212345678901234567"))).data.pay_err_code,
    "PAY_METHOD_OFF",
  )
  assert.equal(
    (await till.call("applypay", order("0112345678901234567"))).data.pay_err_code,
    "PAY_METHOD_OFF",
  )
})

test("WeChat's own codes pay directly", async () => {
  const said = await till.call("applypay", order(foreignCode(), { total_fee: 350 }))
  assert.equal(said.data.pay_status, "PS_SUCCESS")
  assert.equal(said.data.uid, undefined)
  assert.equal((await wechatBooks(running, said.data.pay_out_trade_no)).charged, 350)
})

test("endings 909 and 910 pay at once", async () => {
  for (const total_fee of [909, 5910]) {
    const said = await till.call("applypay", order(foreignCode(), { total_fee }))
    assert.equal(said.data.pay_status, "PS_SUCCESS")
  }
})

test("a charge whose answer got lost is asked about and ends paid", async () => {
  for (const qrcode of [foreignCode(), (await phone.showCode()).qrcode]) {
    const request = order(qrcode, { total_fee: 906 })
    const said = await till.call("applypay", request)
    assert.equal(said.data.pay_status, "PS_PAYING")
    assert.match(String(said.data.final_by), /^\d{4}-\d\d-\d\dT.*Z$/)
    const settled = await until(
      () => till.call("orderquery", { out_request_no: request.out_request_no }),
      ({ data }) => data.pay_status !== "PS_PAYING",
    )
    assert.equal(settled.data.pay_status, "PS_SUCCESS")
    assert.equal((await wechatBooks(running, settled.data.pay_out_trade_no)).charged, 906)
  }
})

test("a merchant never learns of another's orders", async () => {
  const other = new Till(running, "M10002")
  const request = order((await phone.showCode()).qrcode)
  const said = await till.call("applypay", request)
  const seen = await other.call("orderquery", { pay_out_trade_no: said.data.pay_out_trade_no })
  assert.deepEqual([seen.status, seen.code], [404, "ORDER_NOT_FOUND"])
  const none = await other.call("orderquery", { pay_out_trade_no: "99999999999999999999999999" })
  assert.deepEqual(
    { ...seen, headers: 0 },
    { ...none, headers: 0 },
    "not told apart from an order that never was",
  )
  // The same merchant number at another merchant is another order.
  const own = await other.call("applypay", { ...request, qrcode: foreignCode() })
  assert.equal(own.data.pay_status, "PS_SUCCESS")
  assert.notEqual(own.data.pay_out_trade_no, said.data.pay_out_trade_no)
})

test("another customer's payment, agreement or record is not found", async () => {
  const other = await Phone.of(running, "U10002")
  const { qrcode, payId } = await phone.showCode()
  const said = await till.call("applypay", order(qrcode))
  assert.equal((await other.call("GET", `/payments/${payId}`)).code, "CODE_NOT_FOUND")
  assert.equal((await other.call("GET", `/records/${said.data.pay_out_trade_no}`)).code, "ORDER_NOT_FOUND")
})

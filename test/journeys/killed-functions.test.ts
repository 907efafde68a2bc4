import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { killFunctions } from "./kill-functions.ts"
import { helper, Phone, type Running, runPlatform, Till, until, wechatBooks } from "./running-platform.ts"

const skip = process.platform === "linux" ? false : "finds processes in /proc"

let running: Running
let till: Till
let phone: Phone
let number = 0
/** How far the platform's clock is ahead of ours. */
let aheadMs = 0

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
  phone = await Phone.of(running, "U10001")
})
after(() => running?.stop())

const nowMs = () => Date.now() + aheadMs

async function advance(ms: number): Promise<void> {
  const { now } = await helper<{ now: string }>(running, "POST", "/local/clock", { advance_ms: ms })
  aheadMs = Date.parse(now) - Date.now()
}

function call(name: string, input: unknown) {
  return till.send(till.sign(name, input, nowMs()), nowMs())
}

function order(totalFee: number, qrcode: string) {
  number += 1
  return { out_request_no: `F${number}`, qrcode, body: "早餐", total_fee: totalFee, store_id: "SZTX001" }
}

let codes = 0
const foreignCode = () => `13${String(Date.now()).slice(-10)}${String(codes++).padStart(6, "0")}`

const state = async (outRequestNo: string) =>
  (await call("orderquery", { out_request_no: outRequestNo })).data

test("an order whose function was killed while it charged ends paid, with nobody calling anything", {
  skip,
}, async () => {
  const request = order(2904, foreignCode())
  const charging = fetch(`${running.url}/metro/payment/v1/api/qrcode/applypay`, signed(request)).then(
    (it) => it.status,
  )
  const paying = await until(
    () => state(request.out_request_no),
    (it) => it.pay_status === "PS_PAYING",
  )
  await until(
    () => wechatBooks(running, paying.pay_out_trade_no),
    (it) => it.charged === 2904,
  )
  assert.ok(killFunctions(["applypay"]) > 0)
  assert.equal(await charging, 500)
  // Past the lease. The customer's records tell without waking anything: WeChat's own code has no customer, so ask once.
  await advance(27_000)
  const settled = await until(
    () => state(request.out_request_no),
    (it) => it.pay_status !== "PS_PAYING",
    20_000,
  )
  assert.equal(settled.pay_status, "PS_SUCCESS")
})

test("nobody needs to ask: the customer's records show the payment of a killed function", {
  skip,
}, async () => {
  const { qrcode } = await phone.showCode()
  const request = order(2904, qrcode)
  const charging = fetch(`${running.url}/metro/payment/v1/api/qrcode/applypay`, signed(request)).then(
    (it) => it.status,
  )
  const paying = await until(
    () => state(request.out_request_no),
    (it) => it.pay_status === "PS_PAYING",
  )
  await until(
    () => wechatBooks(running, paying.pay_out_trade_no),
    (it) => it.charged === 2904,
  )
  killFunctions(["applypay"])
  await charging
  await advance(27_000)
  const listed = await until(
    () => phone.call("GET", "/records"),
    ({ data }) =>
      (data.records as { pay_out_trade_no: string }[]).some(
        (it) => it.pay_out_trade_no === paying.pay_out_trade_no,
      ),
    20_000,
  )
  assert.equal(listed.code, "SUCCESS")
})

test("functions killed at random: every order gets final and the books agree", { skip }, async () => {
  const endings = [1200, 1901, 1902, 1903, 1904, 1905, 1906, 1907, 1908, 1910]
  const requests = [...endings, ...endings].map((totalFee) => order(totalFee, foreignCode()))
  const calls = Promise.allSettled(
    requests.map((it) => fetch(`${running.url}/metro/payment/v1/api/qrcode/applypay`, signed(it))),
  )
  const kills = ["applypay", "poll", "recovery", "undo", "applypay", "poll", "undo", "effects"]
  for (const name of kills) {
    await advance(4_000)
    killFunctions([name])
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  await calls
  for (const { out_request_no, total_fee } of requests) {
    const last = await until(
      async () => {
        const said = await call("orderquery", { out_request_no })
        // Killed before its order was put: the merchant closes the number, as the contract says.
        if (said.code === "ORDER_NOT_FOUND") await call("reverse", { out_request_no })
        else if (said.data.pay_status === "PS_PAYING") await advance(5_000)
        return said
      },
      ({ data }) => data.pay_status !== undefined && data.pay_status !== "PS_PAYING",
      120_000,
    )
    const books = await wechatBooks(running, last.data.pay_out_trade_no)
    const held = books.charged - books.returned
    assert.equal(
      held,
      last.data.pay_status === "PS_SUCCESS" ? total_fee : 0,
      `${total_fee} ${JSON.stringify(last.data)}`,
    )
    assert.ok(books.charges.length <= 1)
  }
})

function signed(request: unknown): RequestInit {
  const { headers, body } = till.sign("applypay", request, nowMs())
  return { method: "POST", headers, body: new Uint8Array(body) }
}

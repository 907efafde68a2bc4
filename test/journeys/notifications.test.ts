import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import { readFileSync, rmSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { createServer, type Server } from "node:net"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { admin as runAdmin } from "../../admin/running-admin.ts"
import { beginAttempt, notReceived, sentAgain } from "../../domain/notification.ts"
import { clientOptions } from "../../local/account.ts"
import { type Platform, startPlatform } from "../../local/platform.ts"
import { notificationStore } from "../../persistence/notification-store.ts"
import { MerchantEndpoint } from "./merchant-endpoint.ts"
import { Phone, type Running, runPlatform, Till, until } from "./running-platform.ts"

let running: Running
let till: Till
let shop: MerchantEndpoint
let dead: Server
let restarted: Platform | undefined
/** The channel tells the platform of it a second time 1.5 s after the payment. */
let notifiedTwice = ""
let number = 0

before(async () => {
  running = await runPlatform()
  till = new Till(running, "M10001")
  shop = await MerchantEndpoint.open(running, "M10001")
  // Takes connections and never says a word.
  dead = createServer(() => undefined).listen(0, "127.0.0.1")
})
after(async () => {
  await shop?.close()
  dead?.close()
  if (!restarted) return running?.stop()
  await restarted.close()
  rmSync(running.dataDir, { recursive: true, force: true })
})

const deadUrl = () => `http://127.0.0.1:${(dead.address() as AddressInfo).port}/dead`
const admin = (...args: string[]) => runAdmin([...args, "--data", running.dataDir])
const WHO = ["--operator", "li.na", "--reason", "the merchant asks for it"]

type Paid = { outRequestNo: string; tradeNo: string; data: Record<string, unknown> }

const wechatCode = () => `13${Array.from({ length: 16 }, () => randomInt(10)).join("")}`

async function pay(totalFee: number, notifyUrl = shop.url, qrcode = wechatCode()): Promise<Paid> {
  number += 1
  const outRequestNo = `N${number}`
  const { data, code, message } = await till.call("applypay", {
    out_request_no: outRequestNo,
    qrcode,
    body: "早餐",
    total_fee: totalFee,
    store_id: "SZTX001",
    notify_url: notifyUrl,
  })
  assert.equal(code, "SUCCESS", message)
  return { outRequestNo, tradeNo: String(data.pay_out_trade_no), data }
}

const told = (type: Parameters<MerchantEndpoint["of"]>[0], tradeNo: string, withinMs?: number) =>
  until(
    async () => shop.of(type, tradeNo),
    (heard) => heard.length > 0,
    withinMs,
  )

test("a payment is told of once, signed by a key of the platform, with what orderquery says", async () => {
  const phone = await Phone.of(running, "U10001")
  const { tradeNo, outRequestNo } = await pay(3909, shop.url, (await phone.showCode()).qrcode)
  notifiedTwice = tradeNo
  const [heard] = await told("payment.succeeded", tradeNo)
  const { data } = await till.call("orderquery", { out_request_no: outRequestNo })
  assert.deepEqual(heard?.notice.data, data)
  assert.match(heard?.notice.event_id ?? "", /^[0-9a-f]{32}$/)
  assert.ok(Math.abs(Date.parse(heard?.notice.created ?? "") - Date.now()) < 60_000)
  const keys = JSON.parse(readFileSync(join(running.dataDir, "demo", "platform_keys.json"), "utf8")).keys
  assert.ok(keys.some(({ kid }: { kid: string }) => kid === heard?.keyId))
})

test("a payment that was refused is told of as failed", async () => {
  const { tradeNo } = await pay(3901)
  const [heard] = await told("payment.failed", tradeNo)
  assert.ok(heard && "pay_status" in heard.notice.data)
  assert.equal(heard.notice.data.pay_status, "PS_FAILED")
  assert.equal(heard.notice.data.pay_err_code, "BALANCE_INSUFFICIENT")
})

test("a payment that is reversed is told of as paid, then as closed, in that order", async () => {
  const { tradeNo, outRequestNo } = await pay(700)
  const [paid] = await told("payment.succeeded", tradeNo)
  await till.call("reverse", { out_request_no: outRequestNo })
  const [closed] = await told("payment.closed", tradeNo, 30_000)
  assert.ok(paid && closed && paid.notice.sequence < closed.notice.sequence)
  assert.notEqual(paid.notice.event_id, closed.notice.event_id)
  assert.ok("pay_status" in closed.notice.data)
  assert.equal(closed.notice.data.pay_status, "PS_CLOSED")
})

test("a refund is told to its own address, and without one to its order's", async () => {
  const { tradeNo, outRequestNo } = await pay(800)
  await told("payment.succeeded", tradeNo)
  const refund = (out_refund_no: string, more: object) =>
    till.call("refund", { out_request_no: outRequestNo, out_refund_no, refund_fee: 100, ...more })
  const path = `${shop.url}/refunds`
  assert.equal((await refund(`${outRequestNo}-1`, { notify_url: path })).code, "SUCCESS")
  assert.equal((await refund(`${outRequestNo}-2`, {})).code, "SUCCESS")
  const heard = await until(
    async () => shop.of("refund.succeeded", tradeNo),
    (it) => it.length === 2,
    30_000,
  )
  const numbers = heard.map(({ notice }) => "out_refund_no" in notice.data && notice.data.out_refund_no)
  assert.deepEqual(numbers.sort(), [`${outRequestNo}-1`, `${outRequestNo}-2`])
  const sequences = [...shop.of("payment.succeeded", tradeNo), ...heard].map((it) => it.notice.sequence)
  assert.equal(new Set(sequences).size, 3)
  assert.equal(Math.min(...sequences), sequences[0])
})

test("what is not received is sent again: the same bytes under the same id, signed anew", async () => {
  shop.manner = (attempt, response) => response.writeHead(attempt < 3 ? 500 : 204).end()
  const { tradeNo } = await pay(900)
  const heard = await until(
    async () => shop.of("payment.succeeded", tradeNo),
    (it) => it.length === 3,
    20_000,
  )
  shop.manner = (_attempt, response) => response.writeHead(200).end()
  assert.equal(new Set(heard.map(({ body }) => body)).size, 1)
  assert.equal(new Set(heard.map(({ nonce }) => nonce)).size, 3)
})

test("an address that would never be posted to is refused at once", async () => {
  for (const notifyUrl of ["http://shop.example/n", "https://u:p@shop.example/n", "https://10.0.0.1/n"]) {
    const { code, message } = await till.call("applypay", {
      out_request_no: "N-refused",
      qrcode: "134567890123456780",
      body: "早餐",
      total_fee: 600,
      store_id: "SZTX001",
      notify_url: notifyUrl,
    })
    assert.deepEqual([code, message.includes("notify_url")], ["INVALID_PARAMETER", true], notifyUrl)
  }
})

test("an endpoint that never answers keeps no other waiting", async () => {
  await Promise.all(Array.from({ length: 8 }, () => pay(300, deadUrl())))
  const { tradeNo } = await pay(301)
  const paidAtMs = performance.now()
  const [heard] = await told("payment.succeeded", tradeNo)
  assert.ok(heard && heard.atMs - paidAtMs < 2_000, `told after ${heard && heard.atMs - paidAtMs} ms`)
})

test("an operator sees what was told, and has it sent again under the same id", async () => {
  const { tradeNo, outRequestNo } = await pay(1_000)
  const [first] = await told("payment.succeeded", tradeNo)
  const shown = await until(
    () => admin("notifications", "show", "M10001", outRequestNo),
    ({ out }) => out.includes("DELIVERED"),
  )
  assert.match(shown.out, /payment\.succeeded/)
  assert.match(shown.out, /1 attempt, last .* ago: status 200/)
  const id = first?.notice.event_id ?? ""
  const unnamed = await admin("notifications", "resend", tradeNo, ...WHO)
  assert.match(unnamed.err, /none of this order is undelivered/)
  const again = await admin("notifications", "resend", tradeNo, id, ...WHO)
  assert.deepEqual([again.code, again.out], [0, "1 is sent again.\n"])
  const heard = await until(
    async () => shop.of("payment.succeeded", tradeNo),
    (it) => it.length === 2,
  )
  assert.deepEqual(
    heard.map(({ notice }) => notice.event_id),
    [id, id],
  )
  assert.match(
    (await admin("audit")).out,
    new RegExp(`notifications resend +${tradeNo} +payment.succeeded ${id}`),
  )
  assert.equal((await admin("notifications", "list")).out, "Every merchant was told.\n")
})

test("what nobody received until the plan was used up stands on a list, and is sent again from there", async () => {
  const { tradeNo } = await pay(1_050)
  const [heard] = await told("payment.succeeded", tradeNo)
  assert.ok(heard)
  await useUpPlan(tradeNo, heard.notice.sequence)
  const listed = await until(
    () => admin("notifications", "list"),
    ({ out }) => out.includes(tradeNo),
  )
  assert.match(listed.out, /^1 undelivered/)
  assert.match(listed.out, /UNDELIVERED, .*: no answer in time/)
  const again = await admin("notifications", "resend", "undelivered", ...WHO)
  assert.deepEqual([again.code, again.out], [0, "1 is sent again.\n"])
  const twice = await until(
    async () => shop.of("payment.succeeded", tradeNo),
    (it) => it.length === 2,
  )
  assert.equal(new Set(twice.map(({ notice }) => notice.event_id)).size, 1)
  assert.equal((await admin("notifications", "list")).out, "Every merchant was told.\n")
})

/** As fourteen attempts in twenty-two hours would have left it. */
async function useUpPlan(tradeNo: string, sequence: number): Promise<void> {
  const { endpoints, credentials, tables } = running.platform
  const dynamodb = new DynamoDBClient(clientOptions(endpoints.dynamodb, credentials))
  const store = notificationStore(dynamodb, tables.main)
  const delivered = await until(
    () => store.read({ tradeNo, sequence }),
    (it) => it?.state === "DELIVERED",
  )
  assert.ok(delivered)
  const nowMs = Date.now()
  const begun = beginAttempt(sentAgain(delivered, nowMs), "test", nowMs, [])
  const undelivered = notReceived(begun, "no answer in time", nowMs, [])
  assert.ok(await store.advance(delivered, undelivered))
  dynamodb.destroy()
}

test("what was not received before a restart is sent after it", async () => {
  shop.manner = (_attempt, response) => response.writeHead(503).end()
  const { tradeNo } = await pay(1_100)
  await told("payment.succeeded", tradeNo)
  const { dataDir, port } = running.platform
  await running.platform.close()
  const before = shop.of("payment.succeeded", tradeNo)
  shop.manner = (_attempt, response) => response.writeHead(200).end()
  restarted = await startPlatform({ port, dataDir, speed: 20, log: () => {} })
  const heard = await until(
    async () => shop.of("payment.succeeded", tradeNo),
    (it) => it.length > before.length,
    30_000,
  )
  assert.equal(new Set(heard.map(({ notice }) => notice.event_id)).size, 1)
  assert.deepEqual(shop.refused, [])
  assert.equal(shop.of("payment.succeeded", notifiedTwice).length, 1, "the channel told us twice")
})

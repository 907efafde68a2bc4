import assert from "node:assert/strict"
import { generateKeyPairSync, sign } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { after, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { parseWechatAccount } from "./account.ts"
import {
  type AgreementProduct,
  BY_AGREEMENT,
  chargeRequest,
  startClientAndSimulator,
} from "./client-and-simulator.ts"
import { readNotification } from "./notification.ts"

const pair = await startClientAndSimulator()
const { client, clock, settings } = pair
const account = parseWechatAccount(settings)
after(() => pair.close())

type Arrival = { headers: IncomingHttpHeaders; body: Buffer }

/** A merchant's address that keeps what it hears and answers as told: a status, or never. */
async function listen(answer: () => number | "silence") {
  const heard: Arrival[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const status = answer()
    if (status !== "silence") response.writeHead(status).end()
    heard.push({ headers: request.headers, body: Buffer.concat(chunks) })
    server.emit("heard")
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`,
    heard,
    async arrival(index: number): Promise<Arrival> {
      for (;;) {
        const found = heard[index]
        if (found) return found
        await once(server, "heard")
      }
    },
  }
}
type Listener = Awaited<ReturnType<typeof listen>>

/** Lets the clock run, a thousand times as fast as a wall's, until that notification is there or so much has passed. */
async function runUntil(
  listener: Listener,
  index: number,
  atMostMs = 3_600_000,
): Promise<Arrival | undefined> {
  const endMs = clock.ms + atMostMs
  while (listener.heard.length <= index && clock.ms < endMs) {
    clock.ms += 5_000
    await wait(5)
  }
  return listener.heard[index]
}

const read = ({ headers, body }: Arrival) => readNotification(account, headersOf(headers), body, clock.ms)
const headersOf = (headers: IncomingHttpHeaders) => ({
  get: (name: string) => String(headers[name] ?? "") || null,
})
const idOf = (it: Arrival | undefined) => (JSON.parse(it?.body.toString() ?? "{}") as { id?: string }).id
const sentAtS = (it: Arrival | undefined) => Number(it?.headers["wechatpay-timestamp"])

async function pay(listener: Listener, amountFen = 1200, agreementProduct: AgreementProduct = "apply") {
  const charge = chargeRequest({ ...BY_AGREEMENT, amountFen })
  await client({ agreementProduct, notifyUrl: listener.url }).charge(charge)
  return charge
}

test("an agreement payment is notified to the address of its charge, and read as its order's number, on both products", async () => {
  for (const product of ["apply", "direct"] as const) {
    const listener = await listen(() => 204)
    const charge = await pay(listener, 1200, product)
    assert.deepEqual(read(await listener.arrival(0)), { ok: true, channelOrderNo: charge.channelOrderNo })
  }
})

test("what WeChat did not say like this, just now, is not read", async () => {
  const listener = await listen(() => 200)
  await pay(listener)
  const { headers, body } = await listener.arrival(0)
  const unsigned = { ok: false, why: "not signed by WeChat" }
  const other = (name: string, value: string | undefined) => headersOf({ ...headers, [name]: value })
  const changed = Buffer.from(body.toString().replace("TRANSACTION.SUCCESS", "TRANSACTION.FAILURE"))
  assert.deepEqual(readNotification(account, headersOf(headers), changed, clock.ms), unsigned)
  assert.deepEqual(readNotification(account, headersOf(headers), Buffer.from(`${body} `), clock.ms), unsigned)
  for (const name of ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial"]) {
    assert.deepEqual(readNotification(account, other(name, undefined), body, clock.ms), unsigned)
    assert.deepEqual(readNotification(account, other(name, "1"), body, clock.ms), unsigned)
  }
  const fiveMinutes = 300_000
  assert.equal(readNotification(account, headersOf(headers), body, clock.ms + fiveMinutes).ok, true)
  for (const nowMs of [clock.ms + fiveMinutes + 1_000, clock.ms - fiveMinutes - 1_000]) {
    assert.deepEqual(readNotification(account, headersOf(headers), body, nowMs), unsigned)
  }
})

test("another APIv3 key, or none, opens nothing, and another merchant's payment is not ours", async () => {
  const listener = await listen(() => 200)
  await pay(listener)
  const { headers, body } = await listener.arrival(0)
  const readAs = (changes: Record<string, string>) =>
    readNotification(parseWechatAccount({ ...settings, ...changes }), headersOf(headers), body, clock.ms)
  assert.deepEqual(readAs({ apiV3Key: "x".repeat(32) }), { ok: false, why: "unreadable" })
  assert.deepEqual(readAs({ mchid: "1900000999" }), { ok: false, why: "another merchant's" })
  const { apiV3Key: _, ...keyless } = settings
  const closed = readNotification(parseWechatAccount(keyless), headersOf(headers), body, clock.ms)
  assert.deepEqual(closed, { ok: false, why: "no APIv3 key" })
})

test("signed content that is no notification is unreadable, never a fault", () => {
  const keys = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const ours = { ...account, publicKey: keys.publicKey }
  const resource = {
    algorithm: "AEAD_AES_256_GCM",
    ciphertext: "AAAA",
    nonce: "123456789012",
    associated_data: "",
  }
  const contents = [
    "",
    "[]",
    "{}",
    '{"resource":{}}',
    JSON.stringify({ resource }),
    JSON.stringify({ resource: { ...resource, ciphertext: Buffer.alloc(40).toString("base64") } }),
    JSON.stringify({ resource: { ...resource, ciphertext: "no base64!" } }),
    JSON.stringify({ resource: { ...resource, nonce: "" } }),
    JSON.stringify({ resource: { ...resource, algorithm: "AES" } }),
  ]
  for (const content of contents) {
    const body = Buffer.from(content)
    const timestamp = String(Math.floor(clock.ms / 1000))
    const signature = sign("RSA-SHA256", Buffer.from(`${timestamp}\nn\n${content}\n`), keys.privateKey)
    const headers = headersOf({
      "wechatpay-timestamp": timestamp,
      "wechatpay-nonce": "n",
      "wechatpay-signature": signature.toString("base64"),
      "wechatpay-serial": ours.publicKeyId,
    })
    assert.deepEqual(
      readNotification(ours, headers, body, clock.ms),
      { ok: false, why: "unreadable" },
      content,
    )
  }
})

test("a payment that fails is not notified, nor one by code; one that is paid later is, when it is paid", async () => {
  const listener = await listen(() => 200)
  await pay(listener, 901)
  await client({ notifyUrl: listener.url }).charge(chargeRequest())
  const startS = clock.ms / 1000
  const charge = await pay(listener, 902)
  const told = await runUntil(listener, 0)
  assert.ok(told)
  assert.ok(sentAtS(told) >= Math.floor(startS + 10))
  assert.deepEqual(read(told), { ok: true, channelOrderNo: charge.channelOrderNo })
  assert.equal(await runUntil(listener, 1, 600_000), undefined)
})

test("what is not taken is sent again with the same id after 15 s, 15 s, 30 s and 3 minutes, signed anew, until it is", async () => {
  let status = 500
  const listener = await listen(() => status)
  const charge = await pay(listener)
  let previous = await listener.arrival(0)
  const id = idOf(previous)
  for (const [index, gapS] of [15, 15, 30, 180].entries()) {
    const again = await runUntil(listener, index + 1)
    assert.ok(sentAtS(again) - sentAtS(previous) >= gapS, `try ${index + 2}`)
    assert.ok(sentAtS(again) - sentAtS(previous) < gapS + 120, `try ${index + 2}`)
    assert.equal(idOf(again), id)
    assert.ok(again)
    assert.deepEqual(read(again), { ok: true, channelOrderNo: charge.channelOrderNo })
    previous = again
    status = index === 2 ? 200 : 500
  }
  assert.equal(await runUntil(listener, 5, 900_000), undefined)
})

test("what is due stands in the books: after a restart it is sent, and what was taken is not", async () => {
  let status = 500
  const listener = await listen(() => status)
  const taken = await listen(() => 200)
  await pay(taken)
  await taken.arrival(0)
  const charge = await pay(listener)
  await listener.arrival(0)
  await pair.restart()
  status = 200
  const again = await runUntil(listener, 1)
  assert.ok(again)
  assert.deepEqual(read(again), { ok: true, channelOrderNo: charge.channelOrderNo })
  assert.equal(await runUntil(taken, 1, 60_000), undefined)
})

test("909 notifies twice with one id, the second time 30 s late, and no third time", async () => {
  const listener = await listen(() => 200)
  await pay(listener, 909)
  const first = await listener.arrival(0)
  const second = await runUntil(listener, 1)
  assert.equal(idOf(second), idOf(first))
  assert.ok(sentAtS(second) - sentAtS(first) >= 30)
  assert.equal(await runUntil(listener, 2, 600_000), undefined)
})

test("a merchant that never answers holds up neither charges nor others' notifications, and is told again after 5 s", async () => {
  const silent = await listen(() => "silence")
  const listener = await listen(() => 200)
  for (let sent = 0; sent < 5; sent += 1) await pay(silent)
  await silent.arrival(4)
  const charge = await pay(listener)
  assert.deepEqual(read(await listener.arrival(0)), { ok: true, channelOrderNo: charge.channelOrderNo })
  assert.equal(silent.heard.length, 5)
  assert.ok(await runUntil(silent, 5, 24 * 3_600_000))
})

import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import type { ChargeRequest, PayChannel } from "../../usecases/ports.ts"
import { parseWechatAccount } from "./account.ts"
import { cutToBytes, wechatChannel } from "./client.ts"
import { startWechatSimulator, type WechatSimulator } from "./simulator.ts"

const ACCOUNT = { merchantId: "M1", channel: "wechat", accountId: "1900000101", settingsVersion: 1 } as const

function pem() {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  return {
    privateKeyPem: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    publicKeyPem: publicKey.export({ format: "pem", type: "spki" }).toString(),
  }
}

const platform = pem()
const merchant = pem()
let wechat: WechatSimulator
let folder: string
let count = 0

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "wechat-client-"))
  wechat = await startWechatSimulator({
    dir: folder,
    nowMs: Date.now,
    speed: 1,
    platform: { publicKeyId: "PUB_KEY_ID_1", privateKeyPem: platform.privateKeyPem },
    merchants: [
      {
        mchid: "1900000101",
        serialNo: "S1",
        publicKeyPem: merchant.publicKeyPem,
        appids: ["wx8888888888888888"],
      },
    ],
  })
  wechat.addContract({ contractId: "C1", mchid: "1900000101", openid: "o1" })
})
after(async () => {
  await wechat.close()
  rmSync(folder, { recursive: true })
})

function client(options: { agreementProduct?: "apply" | "direct"; baseUrl?: string } = {}): PayChannel {
  const account = parseWechatAccount({
    mchid: "1900000101",
    appid: "wx8888888888888888",
    serialNo: "S1",
    privateKeyPem: merchant.privateKeyPem,
    publicKeyId: "PUB_KEY_ID_1",
    publicKeyPem: platform.publicKeyPem,
    agreementProduct: options.agreementProduct ?? "apply",
  })
  return wechatChannel({
    baseUrl: options.baseUrl ?? wechat.url,
    account: async () => account,
    clock: { nowMs: Date.now },
    random: { digits: () => "", id: () => `nonce-${Math.random()}` },
  })
}

function request(fields: Partial<ChargeRequest>): ChargeRequest {
  count += 1
  return {
    account: ACCOUNT,
    channelOrderNo: `100000000000000000000000${String(count).padStart(4, "0")}`,
    amountFen: 1200,
    body: "早餐",
    storeId: "SZTX001",
    by: { intent: "code", code: `13${String(count).padStart(16, "0")}` },
    orderedAtMs: Date.now(),
    timeoutMs: 3_000,
    ...fields,
  }
}

const agreement = { by: { intent: "agreement", contractId: "C1" } } as const

function query(charge: ChargeRequest) {
  const { account, channelOrderNo, amountFen, by, orderedAtMs, timeoutMs } = charge
  return { account, channelOrderNo, amountFen, intent: by.intent, orderedAtMs, timeoutMs }
}

test("a code of WeChat's own is charged once, with WeChat's number and time", async () => {
  const it = request({})
  const outcome = await client().charge(it)
  assert.equal(outcome.kind, "charged")
  if (outcome.kind !== "charged") return
  assert.ok(outcome.channelTradeNo)
  assert.equal(outcome.couponFen, 0)
  assert.ok(Math.abs((outcome.paidAtMs ?? 0) - Date.now()) < 60_000)
  assert.deepEqual(await client().query(query(it)), outcome)
  assert.equal(wechat.books(it.channelOrderNo.slice(0, 26)).charges.length, 1)
})

test("the agreement product that accepts first is asked for the result, the direct one answers with it", async () => {
  const accepted = request(agreement)
  assert.deepEqual(await client().charge(accepted), { kind: "pending", waitingFor: "channel" })
  assert.equal((await client().query(query(accepted))).kind, "charged")
  assert.equal((await client({ agreementProduct: "direct" }).charge(request(agreement))).kind, "charged")
})

test("a definite refusal is declined with its reason, on every product", async () => {
  const poor = await client().charge(request({ amountFen: 901 }))
  assert.equal(poor.kind === "declined" && poor.code, "BALANCE_INSUFFICIENT")
  const direct = await client({ agreementProduct: "direct" }).charge(
    request({ ...agreement, amountFen: 901 }),
  )
  assert.equal(direct.kind === "declined" && direct.code, "BALANCE_INSUFFICIENT")
  const apply = request({ ...agreement, amountFen: 901 })
  await client().charge(apply)
  const asked = await client().query(query(apply))
  assert.equal(asked.kind === "declined" && asked.code, "BALANCE_INSUFFICIENT")
  const ended = await client().charge(request({ by: { intent: "agreement", contractId: "C9" } }))
  assert.equal(ended.kind === "declined" && ended.code, "AGREEMENT_REQUIRED")
  const used = request({})
  await client().charge(used)
  const again = await client().charge(request({ by: used.by }))
  assert.equal(again.kind, "declined")
})

test("a password being entered is pending, and no such order is its own word", async () => {
  assert.deepEqual(await client().charge(request({ amountFen: 903 })), {
    kind: "pending",
    waitingFor: "password",
  })
  assert.deepEqual(await client().query(query(request({}))), { kind: "notFound" })
})

test("silence, a server error and a refused connection are unknown, never a failure", async () => {
  assert.equal((await client().charge(request({ amountFen: 904, timeoutMs: 300 }))).kind, "unknown")
  assert.equal((await client().charge(request({ amountFen: 906 }))).kind, "unknown")
  assert.equal((await client({ baseUrl: "http://127.0.0.1:1" }).charge(request({}))).kind, "unknown")
})

test("an answer that WeChat did not sign is unknown, whatever it says", async () => {
  const answers: Record<string, RequestListener> = {
    unsigned: (_request, response) => response.end('{"trade_state":"SUCCESS"}'),
    refusal: (_request, response) => response.writeHead(403).end('{"code":"NOTENOUGH"}'),
    page: (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    redirect: (_request, response) => response.writeHead(302, { location: wechat.url }).end(),
    torn: (_request, response) =>
      response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy()),
  }
  for (const [name, listener] of Object.entries(answers)) {
    const server = createServer(listener).listen(0, "127.0.0.1")
    await once(server, "listening")
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const outcome = await client({ baseUrl }).charge(request({}))
    const asked = await client({ baseUrl }).query(query(request({})))
    server.close()
    server.closeAllConnections()
    assert.deepEqual([outcome.kind, asked.kind], ["unknown", "unknown"], name)
  }
})

test("an answer about another amount is no answer", async () => {
  const it = request({})
  await client().charge(it)
  assert.equal((await client().query({ ...query(it), amountFen: 1300 })).kind, "unknown")
})

test("a long description is cut to WeChat's bytes between characters", async () => {
  assert.equal(cutToBytes("字".repeat(128), 127), "字".repeat(42))
  assert.equal(cutToBytes("a😀", 4), "a")
  assert.equal((await client().charge(request({ body: "字".repeat(128) }))).kind, "charged")
})

test("wrong account settings are named without their values", () => {
  assert.throws(
    () => parseWechatAccount({ mchid: "secret" }),
    (error: Error) => {
      assert.match(error.message, /mchid, appid/)
      return !error.message.includes("secret")
    },
  )
})

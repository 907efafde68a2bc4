import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { after, test } from "node:test"
import { parseWechatAccount } from "./account.ts"
import { cutToBytes } from "./client.ts"
import {
  BY_AGREEMENT,
  chargeRequest,
  queryOf,
  returnOf,
  startClientAndSimulator,
} from "./client-and-simulator.ts"

const pair = await startClientAndSimulator()
const { client } = pair
after(() => pair.close())

test("a code of WeChat's own is charged once, with WeChat's number and time", async () => {
  const it = chargeRequest({})
  const outcome = await client().charge(it)
  assert.equal(outcome.kind, "charged")
  if (outcome.kind !== "charged") return
  assert.ok(outcome.channelTradeNo)
  assert.equal(outcome.couponFen, 0)
  assert.ok(Math.abs((outcome.paidAtMs ?? 0) - Date.now()) < 60_000)
  assert.deepEqual(await client().query(queryOf(it)), outcome)
  assert.equal(pair.wechat().books(it.channelOrderNo.slice(0, 26)).charges.length, 1)
})

test("the agreement product that accepts first is asked for the result, the direct one answers with it", async () => {
  const accepted = chargeRequest(BY_AGREEMENT)
  assert.deepEqual(await client().charge(accepted), { kind: "pending", waitingFor: "channel" })
  assert.equal((await client().query(queryOf(accepted))).kind, "charged")
  assert.equal(
    (await client({ agreementProduct: "direct" }).charge(chargeRequest(BY_AGREEMENT))).kind,
    "charged",
  )
})

test("a definite refusal is declined with its reason, on every product", async () => {
  const poor = await client().charge(chargeRequest({ amountFen: 901 }))
  assert.equal(poor.kind === "declined" && poor.code, "BALANCE_INSUFFICIENT")
  const direct = await client({ agreementProduct: "direct" }).charge(
    chargeRequest({ ...BY_AGREEMENT, amountFen: 901 }),
  )
  assert.equal(direct.kind === "declined" && direct.code, "BALANCE_INSUFFICIENT")
  const apply = chargeRequest({ ...BY_AGREEMENT, amountFen: 901 })
  await client().charge(apply)
  const asked = await client().query(queryOf(apply))
  assert.equal(asked.kind === "declined" && asked.code, "BALANCE_INSUFFICIENT")
  const ended = await client().charge(chargeRequest({ by: { intent: "agreement", contractId: "C9" } }))
  assert.equal(ended.kind === "declined" && ended.code, "AGREEMENT_REQUIRED")
  const used = chargeRequest({})
  await client().charge(used)
  const again = await client().charge(chargeRequest({ by: used.by }))
  assert.equal(again.kind, "declined")
})

test("a password being entered is pending, and no such order is its own word", async () => {
  assert.deepEqual(await client().charge(chargeRequest({ amountFen: 903 })), {
    kind: "pending",
    waitingFor: "password",
  })
  assert.deepEqual(await client().query(queryOf(chargeRequest({}))), { kind: "notFound" })
})

test("silence, a server error and a refused connection are unknown, never a failure", async () => {
  assert.equal((await client().charge(chargeRequest({ amountFen: 904, timeoutMs: 300 }))).kind, "unknown")
  assert.equal((await client().charge(chargeRequest({ amountFen: 906 }))).kind, "unknown")
  assert.equal((await client({ baseUrl: "http://127.0.0.1:1" }).charge(chargeRequest({}))).kind, "unknown")
})

test("an answer that WeChat did not sign is unknown, whatever it says", async () => {
  const answers: Record<string, RequestListener> = {
    unsigned: (_request, response) => response.end('{"trade_state":"SUCCESS"}'),
    refusal: (_request, response) => response.writeHead(403).end('{"code":"NOTENOUGH"}'),
    page: (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    redirect: (_request, response) => response.writeHead(302, { location: pair.wechat().url }).end(),
    torn: (_request, response) =>
      response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy()),
  }
  for (const [name, listener] of Object.entries(answers)) {
    const server = createServer(listener).listen(0, "127.0.0.1")
    await once(server, "listening")
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const outcome = await client({ baseUrl }).charge(chargeRequest({}))
    const it = chargeRequest({})
    const asked = await client({ baseUrl }).query(queryOf(it))
    const reversed = await client({ baseUrl }).reverse(queryOf(it))
    const refunded = await client({ baseUrl }).refund(returnOf(it))
    const refundAsked = await client({ baseUrl }).queryRefund(returnOf(it))
    server.close()
    server.closeAllConnections()
    for (const { kind } of [outcome, asked, reversed, refunded, refundAsked])
      assert.equal(kind, "unknown", name)
  }
})

test("an account that cannot be opened stops every call before it is sent", async () => {
  const it = chargeRequest({})
  const closed = client({ account: () => Promise.reject(new Error("settings are locked")) })
  const outcomes = [
    await closed.charge(it),
    await closed.query(queryOf(it)),
    await closed.reverse(queryOf(it)),
    await closed.refund(returnOf(it)),
    await closed.queryRefund(returnOf(it)),
  ]
  for (const outcome of outcomes) assert.deepEqual(outcome, { kind: "notSent", cause: "settings are locked" })
})

test("a charge whose time is over is not sent", async () => {
  const it = chargeRequest({ notAfterMs: pair.clock.ms - 1 })
  assert.equal((await client().charge(it)).kind, "notSent")
  assert.equal((await client().query(queryOf(it))).kind, "notFound")
})

test("an answer about another amount is no answer", async () => {
  const it = chargeRequest({})
  await client().charge(it)
  assert.equal((await client().query({ ...queryOf(it), amountFen: 1300 })).kind, "unknown")
})

test("a long description is cut to WeChat's bytes between characters", async () => {
  assert.equal(cutToBytes("字".repeat(128), 127), "字".repeat(42))
  assert.equal(cutToBytes("a😀", 4), "a")
  assert.equal((await client().charge(chargeRequest({ body: "字".repeat(128) }))).kind, "charged")
})

test("an APIv3 key is 32 letters and digits, and an account may be without one", () => {
  const { apiV3Key, ...without } = pair.settings
  assert.equal(parseWechatAccount(without).apiV3Key, undefined)
  assert.equal(parseWechatAccount(pair.settings).apiV3Key?.symmetricKeySize, 32)
  for (const wrong of [`${apiV3Key}1`, "", "三".repeat(32)]) {
    assert.throws(() => parseWechatAccount({ ...without, apiV3Key: wrong }), /settings: apiV3Key$/)
  }
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

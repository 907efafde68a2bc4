import assert from "node:assert/strict"
import { generateKeyPairSync, type KeyObject } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { type TestContext, test } from "node:test"
import { signAnswer } from "../http/answer-signature.ts"
import { verifyRequest } from "../http/request-signature.ts"
import { MetroPayClient } from "./client.ts"
import type { ClientClock } from "./clock.ts"
import type { ConnectionOptions } from "./connection.ts"
import { MetroPayError } from "./errors.ts"

const merchant = generateKeyPairSync("rsa", { modulusLength: 2048 })
const platform = generateKeyPairSync("rsa", { modulusLength: 2048 })
const newPlatform = generateKeyPairSync("rsa", { modulusLength: 2048 })
const root = generateKeyPairSync("rsa", { modulusLength: 2048 })

const PAY = { qrcode: "92000000000000000000", body: "午餐", total_fee: 1200, store_id: "SZTX001" }

type Call = {
  name: string
  input: Record<string, unknown>
  request: { method: string; targetUri: string; signatureHeader?: string }
}
type Said = { status: number; envelope: object; headers?: Record<string, string> }
type Reply = Said | ((call: Call, response: ServerResponse) => void)

const say = (status: number, envelope: object, headers = {}): Said => ({ status, envelope, headers })
const order = (pay_status: string): Said =>
  say(200, { code: "SUCCESS", data: { pay_status, pay_out_trade_no: "1".repeat(26), total_fee: 1200 } })
const error = (status: number, code: string, data = {}): Said =>
  say(status, { code, message: `about ${code}`, data, request_id: "r-1" })
const unsigned =
  (status: number): Reply =>
  (_, response) =>
    response.writeHead(status).end('{"message":"a gateway speaks"}')
const hangUp: Reply = (_, response) => response.destroy()
const silence: Reply = () => {}

const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: "jwk" }), kid })

/** Sends an answer that is signed as the platform's are, by whichever key and for whichever request the test says. */
function answer(
  response: ServerResponse,
  { status, envelope, headers = {} }: Said,
  request: Call["request"],
  key = { keyId: "p1", privateKey: platform.privateKey },
  nowMs = Date.now(),
) {
  const body = Buffer.from(JSON.stringify(envelope))
  response.writeHead(status, { ...headers, ...signAnswer({ status, body }, request, key, nowMs) }).end(body)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/**
 * A platform that verifies calls with the real verification, then answers each with the next of `replies`; the last one
 * goes on for ever. `calls` are the calls it got.
 */
async function platformSaying(
  t: TestContext,
  replies: Reply[],
  keyList?: (response: ServerResponse, request: Call["request"]) => void,
) {
  const calls: Call[] = []
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const targetUri = `${baseUrl}${request.url}`
    const facts = {
      method: request.method ?? "",
      targetUri,
      signatureHeader: request.headers.signature?.toString(),
    }
    if (request.method === "GET") return keyList ? keyList(response, facts) : response.writeHead(404).end()
    const headers = request.headers as Record<string, string>
    const key = { algorithm: "rsa-v1_5-sha256" as const, publicKey: merchant.publicKey }
    const verified = await verifyRequest({ ...facts, headers, body }, async () => key, Date.now(), {
      explain: true,
    })
    if (!verified.ok) return response.destroy(new Error("the client's signature does not verify"))
    const call = {
      name: request.url?.split("/").at(-1) ?? "",
      input: JSON.parse(body.toString()),
      request: facts,
    }
    calls.push(call)
    const reply = (replies.length > 1 ? replies.shift() : replies[0]) ?? silence
    if (typeof reply === "function") reply(call, response)
    else answer(response, reply, facts)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { baseUrl, calls }
}

/** Waiting costs no time; it is written down. */
function quickClock(): ClientClock & { waits: number[] } {
  const waits: number[] = []
  const passedMs = () => waits.reduce((sum, ms) => sum + ms, 0)
  return {
    waits,
    nowMs: () => Date.now(),
    monotonicMs: () => passedMs(),
    sleep: async (ms) => {
      waits.push(ms)
    },
  }
}

function clientOf(baseUrl: string, options: Partial<ConnectionOptions> = {}): MetroPayClient {
  return new MetroPayClient({
    baseUrl,
    merchantId: "M10001",
    keyId: "k1",
    privateKey: merchant.privateKey,
    platformKeys: { keys: [jwk(platform.publicKey, "p1")] },
    clock: quickClock(),
    ...options,
  })
}

test("a payment that succeeds at once is one call, and the result carries the number", async (t) => {
  const { baseUrl, calls } = await platformSaying(t, [order("PS_SUCCESS")])
  const result = await clientOf(baseUrl).applyPay({ ...PAY, out_request_no: "till-7-0001" })
  assert.equal(result.outcome, "paid")
  assert.equal(result.out_request_no, "till-7-0001")
  assert.equal(result.data?.total_fee, 1200)
  assert.deepEqual(
    calls.map(({ name, input }) => [name, input]),
    [["applypay", { ...PAY, out_request_no: "till-7-0001" }]],
  )
})

test("a number is made before the call leaves, and asked about when nothing comes back", async (t) => {
  const { baseUrl, calls } = await platformSaying(t, [hangUp, order("PS_SUCCESS")])
  const result = await clientOf(baseUrl).applyPay(PAY)
  assert.equal(result.outcome, "paid")
  assert.match(result.out_request_no, /^[0-9A-HJKMNP-TV-Z]{26}$/)
  assert.deepEqual(
    calls.map(({ name }) => name),
    ["applypay", "orderquery"],
  )
  assert.equal(calls[0]?.input.out_request_no, result.out_request_no)
  assert.deepEqual(calls[1]?.input, { out_request_no: result.out_request_no })
})

test("an order that is not final is asked about after 1 s, 2 s, 3 s until it is", async (t) => {
  const clock = quickClock()
  const { baseUrl, calls } = await platformSaying(t, [
    order("PS_PAYING"),
    order("PS_PAYING"),
    error(404, "ORDER_NOT_FOUND"),
    order("PS_CLOSED"),
  ])
  const result = await clientOf(baseUrl, { clock }).applyPay(PAY)
  assert.equal(result.outcome, "failed")
  assert.equal(result.data?.pay_status, "PS_CLOSED")
  assert.deepEqual(clock.waits, [1000, 2000, 3000])
  assert.equal(calls.filter(({ name }) => name === "applypay").length, 1)
})

test("a refused payment is an outcome, not an error", async (t) => {
  const { baseUrl } = await platformSaying(t, [order("PS_FAILED")])
  assert.equal((await clientOf(baseUrl).applyPay(PAY)).outcome, "failed")
})

const otherTarget: Reply = ({ request }, response) =>
  answer(response, order("PS_SUCCESS") as Said, { ...request, targetUri: `${request.targetUri}x` })
const otherRequest: Reply = ({ request }, response) =>
  answer(response, order("PS_SUCCESS") as Said, { ...request, signatureHeader: "sig1=:AAAA:" })
const unbound: Reply = ({ request }, response) =>
  answer(response, order("PS_SUCCESS") as Said, { ...request, signatureHeader: undefined })
const byStranger: Reply = ({ request }, response) =>
  answer(response, order("PS_SUCCESS") as Said, request, { keyId: "p1", privateKey: newPlatform.privateKey })
const byUnknownKey: Reply = ({ request }, response) =>
  answer(response, order("PS_SUCCESS") as Said, request, { keyId: "p9", privateKey: platform.privateKey })
const old: Reply = ({ request }, response) =>
  answer(response, order("PS_SUCCESS") as Said, request, undefined, Date.now() - 302_000)
const changed: Reply = ({ request }, response) => {
  const body = Buffer.from('{"code":"SUCCESS","data":{"pay_status":"PS_FAILED"}}')
  const headers = signAnswer(
    { status: 200, body },
    request,
    { keyId: "p1", privateKey: platform.privateKey },
    Date.now(),
  )
  response.writeHead(200, headers).end(body.toString().replace("PS_FAILED", "PS_SUCCESS"))
}
const otherStatus: Reply = ({ request }, response) => {
  const body = Buffer.from('{"code":"TRY_AGAIN"}')
  const headers = signAnswer(
    { status: 200, body },
    request,
    { keyId: "p1", privateKey: platform.privateKey },
    Date.now(),
  )
  response.writeHead(503, headers).end(body)
}
const noEnvelope: Reply = ({ request }, response) => answer(response, say(400, ["hello"]), request)

const UNKNOWN: [string, Reply, RegExp][] = [
  ["the connection breaks", hangUp, /NO_ANSWER/],
  ["a gateway answers 503", unsigned(503), /not signed/],
  ["a gateway answers 403", unsigned(403), /not signed/],
  ["somebody answers 200 unsigned", unsigned(200), /not signed/],
  [
    "somebody redirects",
    (_, response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
    /not signed/,
  ],
  ["the platform had a fault", error(500, "SYSTEM_ERROR"), /SYSTEM_ERROR/],
  ["the platform answers a 5xx that is new to this SDK", error(502, "CHANNEL_ASLEEP"), /CHANNEL_ASLEEP/],
  ["the answer belongs to another address", otherTarget, /does not verify/],
  ["the answer belongs to another call", otherRequest, /does not verify/],
  ["the answer is bound to no call", unbound, /does not cover "signature"/],
  ["the answer is signed by a stranger", byStranger, /does not verify/],
  ["the answer's key is unknown", byUnknownKey, /key p9/],
  ["the answer is old", old, /is the clock right/],
  ["the answer's body was changed", changed, /Content-Digest/],
  ["the answer's status was changed", otherStatus, /does not verify/],
  ["the answer is no envelope", noEnvelope, /no envelope/],
]

for (const [what, reply, cause] of UNKNOWN) {
  test(`never taken for a result, and asked about: ${what}`, async (t) => {
    const { baseUrl, calls } = await platformSaying(t, [reply])
    const result = await clientOf(baseUrl).applyPay(PAY, { deadlineMs: 4_000 })
    assert.ok(result.outcome === "unknown")
    assert.match(result.cause, cause)
    assert.equal(result.data, undefined)
    // 1 s and 2 s fit into 4 s, the 3 s after them do not.
    assert.deepEqual(
      calls.map(({ name }) => name),
      ["applypay", "orderquery", "orderquery"],
    )
  })
}

test("an answer that does not come in time is asked about", async (t) => {
  const { baseUrl } = await platformSaying(t, [silence, order("PS_SUCCESS")])
  assert.equal((await clientOf(baseUrl, { timeoutMs: 300 }).applyPay(PAY)).outcome, "paid")
})

test("at the deadline the last word of the platform is given, with the reason why it is no final one", async (t) => {
  const { baseUrl } = await platformSaying(t, [order("PS_PAYING")])
  const result = await clientOf(baseUrl).applyPay(PAY, { deadlineMs: 2_000 })
  assert.ok(result.outcome === "unknown")
  assert.equal(result.data?.pay_status, "PS_PAYING")
  assert.match(result.cause, /still PS_PAYING/)
})

test("the deadline also bounds a call that hangs", async (t) => {
  const { baseUrl } = await platformSaying(t, [silence])
  const result = await clientOf(baseUrl, { clock: undefined }).applyPay(PAY, { deadlineMs: 250 })
  assert.equal(result.outcome, "unknown")
})

test("a platform that is not there is an unknown result too", async () => {
  const gone = createServer().listen(0, "127.0.0.1")
  await once(gone, "listening")
  const { port } = gone.address() as AddressInfo
  await once(gone.close(), "close")
  const result = await clientOf(`http://127.0.0.1:${port}`).applyPay(PAY, { deadlineMs: 1_500 })
  assert.ok(result.outcome === "unknown")
  assert.match(result.cause, /NO_ANSWER.*ECONNREFUSED/)
})

test("it is sent again, under the same number, only on the signed word that nothing happened", async (t) => {
  const { baseUrl, calls } = await platformSaying(t, [
    error(503, "TRY_AGAIN"),
    error(503, "TRY_AGAIN"),
    order("PS_SUCCESS"),
  ])
  const result = await clientOf(baseUrl).applyPay(PAY)
  assert.equal(result.outcome, "paid")
  assert.deepEqual(
    calls.map(({ name }) => name),
    ["applypay", "applypay", "applypay"],
  )
  assert.deepEqual(new Set(calls.map(({ input }) => input.out_request_no)), new Set([result.out_request_no]))
})

test("once a try is unknown it is never sent again, whatever orderquery says", async (t) => {
  const { baseUrl, calls } = await platformSaying(t, [
    error(503, "TRY_AGAIN"),
    hangUp,
    error(503, "TRY_AGAIN"),
    order("PS_SUCCESS"),
  ])
  assert.equal((await clientOf(baseUrl).applyPay(PAY)).outcome, "paid")
  assert.deepEqual(
    calls.map(({ name }) => name),
    ["applypay", "applypay", "orderquery", "orderquery"],
  )
})

test("a platform that stays busy until the deadline is an error: nothing happened", async (t) => {
  const { baseUrl } = await platformSaying(t, [error(503, "TRY_AGAIN")])
  await assert.rejects(clientOf(baseUrl).applyPay(PAY, { deadlineMs: 3_000 }), {
    code: "TRY_AGAIN",
    advice: "again",
  })
})

test("a call that the platform refuses is a typed error with code, status, request id and advice", async (t) => {
  const { baseUrl, calls } = await platformSaying(t, [error(409, "ORDER_NO_REUSED")])
  await assert.rejects(clientOf(baseUrl).applyPay(PAY), (thrown) => {
    assert.ok(thrown instanceof MetroPayError)
    assert.deepEqual(
      [thrown.code, thrown.status, thrown.requestId, thrown.advice],
      ["ORDER_NO_REUSED", 409, "r-1", "fix"],
    )
    assert.equal(thrown.message, "ORDER_NO_REUSED: about ORDER_NO_REUSED")
    return true
  })
  assert.equal(calls.length, 1)
})

test("the server's time and the time to wait come with the error", async (t) => {
  const slow = say(429, { code: "TOO_MANY_REQUESTS", data: {} }, { "retry-after": "7" })
  const { baseUrl } = await platformSaying(t, [
    error(401, "SIGNATURE_EXPIRED", { server_time: 1_792_000_000 }),
    slow,
  ])
  await assert.rejects(clientOf(baseUrl).queryUid({ qrcode: "1" }), {
    code: "SIGNATURE_EXPIRED",
    data: { server_time: 1_792_000_000 },
  })
  await assert.rejects(clientOf(baseUrl).applyPay(PAY), {
    code: "TOO_MANY_REQUESTS",
    retryAfterSeconds: 7,
    advice: "again",
  })
})

test("a question that is refused ends the asking: the outcome stays unknown", async (t) => {
  const { baseUrl, calls } = await platformSaying(t, [hangUp, error(401, "KEY_UNKNOWN")])
  const result = await clientOf(baseUrl).applyPay(PAY)
  assert.ok(result.outcome === "unknown")
  assert.match(result.cause, /KEY_UNKNOWN/)
  assert.equal(calls.length, 2)
})

test("queryUid and orderQuery give the platform's fields, and throw when there is no answer to trust", async (t) => {
  const { baseUrl } = await platformSaying(t, [
    say(200, { code: "SUCCESS", data: { uid: "U10001" } }),
    order("PS_PAYING"),
    unsigned(502),
    hangUp,
  ])
  const client = clientOf(baseUrl)
  assert.deepEqual(await client.queryUid({ qrcode: PAY.qrcode }), { uid: "U10001" })
  assert.equal((await client.orderQuery({ pay_out_trade_no: "1".repeat(26) })).pay_status, "PS_PAYING")
  await assert.rejects(client.orderQuery({ out_request_no: "a" }), {
    code: "ANSWER_NOT_VERIFIED",
    advice: "ask",
  })
  await assert.rejects(client.orderQuery({ out_request_no: "a" }), { code: "NO_ANSWER", advice: "ask" })
})

const list = (...keys: object[]): Said => ({ status: 200, envelope: { keys } })
const signedByNew: Reply = ({ request }, response) =>
  answer(response, order("PS_SUCCESS") as Said, request, { keyId: "p2", privateKey: newPlatform.privateKey })

test("a new platform key is taken from the list that the root key signed, once for all calls", async (t) => {
  let fetched = 0
  const { baseUrl } = await platformSaying(t, [signedByNew], (response, request) => {
    fetched++
    const keys = list(jwk(platform.publicKey, "p1"), jwk(newPlatform.publicKey, "p2"))
    answer(response, keys, request, { keyId: "root", privateKey: root.privateKey })
  })
  const platformRootKey = root.publicKey.export({ type: "spki", format: "pem" }).toString()
  const client = clientOf(baseUrl, { platformRootKey })
  const both = await Promise.all([
    client.orderQuery({ out_request_no: "a" }),
    client.orderQuery({ out_request_no: "b" }),
  ])
  assert.deepEqual(
    both.map(({ pay_status }) => pay_status),
    ["PS_SUCCESS", "PS_SUCCESS"],
  )
  await client.orderQuery({ out_request_no: "c" })
  assert.equal(fetched, 1)
})

test("a list that the root key did not sign is not believed", async (t) => {
  const keys = list(jwk(newPlatform.publicKey, "p2"))
  const { baseUrl } = await platformSaying(t, [signedByNew], (response, request) =>
    answer(response, keys, request, { keyId: "root", privateKey: newPlatform.privateKey }),
  )
  const client = clientOf(baseUrl, { platformRootKey: { ...root.publicKey.export({ format: "jwk" }) } })
  await assert.rejects(client.orderQuery({ out_request_no: "a" }), { code: "ANSWER_NOT_VERIFIED" })
})

test("without a root key, or without a list, an unknown key stays unknown", async (t) => {
  const { baseUrl } = await platformSaying(t, [signedByNew])
  await assert.rejects(clientOf(baseUrl).orderQuery({ out_request_no: "a" }), { code: "ANSWER_NOT_VERIFIED" })
  const client = clientOf(baseUrl, { platformRootKey: root.publicKey })
  await assert.rejects(client.orderQuery({ out_request_no: "a" }), { code: "ANSWER_NOT_VERIFIED" })
})

test("a private key that the platform does not take is refused at the start", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519")
  assert.throws(() => clientOf("http://127.0.0.1:9", { privateKey }), /RSA or ECDSA P-256/)
  assert.throws(() => clientOf("http://127.0.0.1:9", { privateKey: publicKey }), /RSA or ECDSA P-256/)
})

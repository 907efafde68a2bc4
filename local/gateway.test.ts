import assert from "node:assert/strict"
import { once } from "node:events"
import { Agent, request as httpRequest } from "node:http"
import { connect } from "node:net"
import { after, before, test } from "node:test"
import type { APIGatewayProxyEventV2 } from "aws-lambda"
import type { InvocationOutcome } from "./function-pool.ts"
import { type Gateway, listenGateway } from "./gateway.ts"

const NOW_MS = Date.UTC(2031, 2, 12, 19, 3, 58)
let gateway: Gateway
/** What the function answers, set by each test. */
let answer: (event: APIGatewayProxyEventV2, functionName: string) => unknown

const routes = [
  { routeKey: "POST /metro/pay", functionName: "pay", timeoutMs: 5_000 },
  { routeKey: "GET /metro/records", functionName: "records", timeoutMs: 5_000 },
  { routeKey: "GET /metro/records/{id}", functionName: "record", timeoutMs: 5_000 },
  { routeKey: "POST /metro/slow", functionName: "slow", timeoutMs: 50 },
  { routeKey: "ANY /files/{rest+}", functionName: "files", timeoutMs: 5_000 },
]

before(async () => {
  gateway = await listenGateway(0, () => NOW_MS)
})
after(() => gateway.close(0))

function open() {
  gateway.open({
    routes,
    async invoke(functionName, event): Promise<InvocationOutcome> {
      const value = await answer(JSON.parse(event) as APIGatewayProxyEventV2, functionName)
      if (value === "fault") return { kind: "failed", why: "crash", errorType: "x", errorMessage: "y" }
      return { kind: "answered", payload: JSON.stringify(value) }
    },
    local: async ({ method, path, query, body }) => ({
      status: 201,
      json: { method, path, query: [...query], body: body.toString() },
    }),
  })
}

const text = async (path: string, init?: RequestInit) => {
  const response = await fetch(gateway.url + path, init)
  return { status: response.status, headers: response.headers, body: await response.text() }
}

test("answers 503 until it is opened, and 200 at /healthz afterwards", async () => {
  assert.equal((await text("/healthz")).status, 503)
  assert.equal((await text("/metro/pay", { method: "POST" })).status, 503)
  open()
  assert.equal((await text("/healthz")).status, 200)
})

test("gives the function the event that API Gateway gives", async () => {
  let seen: APIGatewayProxyEventV2 | undefined
  answer = (event) => {
    seen = event
    return { statusCode: 200 }
  }
  const sent = httpRequest(`${gateway.url}/metro/records/a%20b?x=1&x=2&name=%E4%B8%AD+z`, {
    headers: {
      "X-Twice": ["one", "two"],
      Cookie: "a=1; b=2",
      "User-Agent": "till/1",
      Signature: "sig1=:abc:",
    },
  }).end()
  const [response] = await once(sent, "response")
  response.resume()
  assert.ok(seen)
  const { headers, requestContext, ...event } = seen
  assert.deepEqual(event, {
    version: "2.0",
    routeKey: "GET /metro/records/{id}",
    rawPath: "/metro/records/a b",
    rawQueryString: "x=1&x=2&name=%E4%B8%AD+z",
    cookies: ["a=1", "b=2"],
    queryStringParameters: { x: "1,2", name: "中 z" },
    pathParameters: { id: "a b" },
    isBase64Encoded: false,
  })
  assert.equal(headers["x-twice"], "one,two")
  assert.equal(headers.signature, "sig1=:abc:")
  assert.equal(headers.host, `127.0.0.1:${gateway.port}`)
  assert.equal(headers.cookie, undefined)
  const { requestId, ...context } = requestContext
  assert.equal(response.headers["apigw-requestid"], requestId)
  assert.deepEqual(context, {
    accountId: "000000000000",
    apiId: "local",
    domainName: "127.0.0.1",
    domainPrefix: "127",
    http: {
      method: "GET",
      path: "/metro/records/a b",
      protocol: "HTTP/1.1",
      sourceIp: "127.0.0.1",
      userAgent: "till/1",
    },
    routeKey: "GET /metro/records/{id}",
    stage: "$default",
    time: "12/Mar/2031:19:03:58 +0000",
    timeEpoch: NOW_MS,
  })
})

test("bodies reach the function byte by byte", async () => {
  const everyByte = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256))
  const cases: [string | undefined, Buffer, boolean][] = [
    ["application/json; charset=utf-8", Buffer.from('{"body":"早餐"}\r\n'), false],
    ["text/plain", Buffer.from("\ufeffx"), false],
    ["application/json", everyByte, true],
    ["application/octet-stream", everyByte, true],
    ["application/x-www-form-urlencoded", Buffer.from("a=b"), true],
    [undefined, Buffer.from("plain"), true],
  ]
  for (const [type, body, encoded] of cases) {
    let seen: APIGatewayProxyEventV2 | undefined
    answer = (event) => {
      seen = event
      return { statusCode: 200, body: event.body, isBase64Encoded: event.isBase64Encoded }
    }
    const headers = type ? { "content-type": type } : undefined
    const sent = httpRequest(`${gateway.url}/metro/pay`, { method: "POST", headers }).end(body)
    const [response] = await once(sent, "response")
    assert.deepEqual(Buffer.concat(await response.toArray()), body)
    assert.equal(seen?.isBase64Encoded, encoded, type)
  }
})

test("sends what the function answers: status, headers, cookies, text and bytes", async () => {
  answer = () => ({
    statusCode: 409,
    headers: { "Content-Type": "application/json", "X-Number": 5, "Content-Length": 1 },
    cookies: ["a=1; HttpOnly", "b=2"],
    body: '{"code":"订单"}',
  })
  const refused = await text("/metro/pay", { method: "POST" })
  assert.equal(refused.status, 409)
  assert.equal(refused.body, '{"code":"订单"}')
  assert.equal(refused.headers.get("x-number"), "5")
  assert.deepEqual(refused.headers.getSetCookie(), ["a=1; HttpOnly", "b=2"])
  assert.equal(refused.headers.get("date"), "Wed, 12 Mar 2031 19:03:58 GMT")

  answer = () => ({ order: 1 })
  const bare = await text("/metro/pay", { method: "POST" })
  assert.deepEqual(
    [bare.status, bare.headers.get("content-type"), bare.body],
    [200, "application/json", '{"order":1}'],
  )

  answer = () => ({ statusCode: 204 })
  assert.equal((await text("/metro/pay", { method: "POST" })).status, 204)
})

test("answers 500 for a function that fails or answers nonsense, and says no more", async () => {
  const nonsense = [
    "fault",
    { statusCode: "many" },
    { statusCode: 200, body: 5 },
    { statusCode: 200, headers: { a: "x\ny" } },
  ]
  for (const value of nonsense) {
    answer = () => value
    const { status, body } = await text("/metro/pay", { method: "POST" })
    assert.deepEqual([status, body], [500, '{"message":"Internal Server Error"}'])
  }
})

test("answers 503 when the integration takes longer than it may", async () => {
  let finish: (value: unknown) => void = () => {}
  answer = () => new Promise((resolve) => (finish = resolve))
  const { status, body } = await text("/metro/slow", { method: "POST" })
  assert.deepEqual([status, body], [503, '{"message":"Service Unavailable"}'])
  finish({ statusCode: 200 })
})

test("finds the most specific route, and 404 for what is none", async () => {
  answer = (event, name) => ({
    statusCode: 200,
    body: `${name} ${JSON.stringify(event.pathParameters ?? {})}`,
  })
  assert.equal((await text("/metro/records")).body, "records {}")
  assert.equal((await text("/metro/records/7")).body, 'record {"id":"7"}')
  assert.equal((await text("/files/a/b", { method: "PUT" })).body, 'files {"rest":"a/b"}')
  for (const path of ["/", "/metro/pay", "/metro/records/", "/metro/records/7/x", "/files"]) {
    const { status, body } = await text(path)
    assert.deepEqual([status, body], [404, '{"message":"Not Found"}'], path)
  }
})

test("hands /local/ to the helpers", async () => {
  const { status, body } = await text("/local/channels/wechat/books?order=1", { method: "POST", body: "x" })
  assert.equal(status, 201)
  assert.deepEqual(JSON.parse(body), {
    method: "POST",
    path: "/local/channels/wechat/books",
    query: [["order", "1"]],
    body: "x",
  })
})

test("a web page of another origin gets nothing from /local/", async () => {
  open()
  const own = await text("/local/clock", { headers: { origin: gateway.url } })
  assert.equal(own.status, 201)
  const foreign = await text("/local/clock", { headers: { origin: "http://elsewhere.test" } })
  assert.equal(foreign.status, 403)
})

test("refuses bodies over 10 MB and headers over 10 KB", async () => {
  answer = () => ({ statusCode: 200 })
  const large = await text("/metro/pay", { method: "POST", body: Buffer.alloc(10 * 1024 * 1024 + 1) })
  assert.deepEqual([large.status, large.body], [413, '{"message":"Request Entity Too Large"}'])
  assert.equal(
    (await text("/metro/pay", { method: "POST", body: Buffer.alloc(10 * 1024 * 1024) })).status,
    200,
  )
  const headers = await text("/metro/pay", { method: "POST", headers: { "x-long": "y".repeat(11_000) } })
  assert.equal(headers.status, 431)
})

test("what is no HTTP gets 400 and hurts nobody else", async () => {
  const socket = connect(gateway.port, "127.0.0.1")
  socket.end("nonsense\r\n\r\n")
  const said = Buffer.concat(await socket.toArray()).toString()
  assert.match(said, /^HTTP\/1\.1 400 /)
  assert.equal((await text("/healthz")).status, 200)
})

test("bears 2,000 connections at once", async () => {
  answer = () => ({ statusCode: 200, body: "ok" })
  const agent = new Agent({ maxSockets: 2_000 })
  const call = async () => {
    const sent = httpRequest(`${gateway.url}/metro/pay`, { method: "POST", agent }).end("x")
    const [response] = await once(sent, "response")
    return Buffer.concat(await response.toArray()).toString()
  }
  const answers = await Promise.all(Array.from({ length: 2_000 }, call))
  assert.ok(answers.every((body) => body === "ok"))
  agent.destroy()
})

test("closing waits for the calls in flight", async () => {
  const closing = await listenGateway(0, () => NOW_MS)
  let finish: (value: InvocationOutcome) => void = () => {}
  const called = new Promise<void>((resolve) => {
    closing.open({
      routes,
      invoke: () => {
        resolve()
        return new Promise((settle) => (finish = settle))
      },
    })
  })
  const response = fetch(`${closing.url}/metro/pay`, { method: "POST" })
  await called
  const closed = closing.close(10_000)
  finish({ kind: "answered", payload: '{"statusCode":200,"body":"done"}' })
  assert.equal(await (await response).text(), "done")
  await closed
  await assert.rejects(fetch(`${closing.url}/healthz`))
})

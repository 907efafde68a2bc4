import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer as createHttp, type RequestListener } from "node:http"
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net"
import { after, test } from "node:test"
import { type PostOutcome, type PostSettings, post } from "./post.ts"

const opened: { server: Server; sockets: Set<Socket> }[] = []
after(() => {
  for (const { server, sockets } of opened) {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

const asked = () => assert.fail("no name is asked for")
const SETTINGS: PostSettings = { rules: { loopback: true }, resolve: asked, timeoutMs: 600 }
const BODY = Buffer.from(`{"event_id":"1"}`)
const compose = async () => ({ headers: { "Content-Type": "application/json; charset=utf-8" }, body: BODY })

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => sockets.add(socket))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  opened.push({ server, sockets })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/told`
}

const serve = (answer: RequestListener) => listen(createHttp(answer))
/** Says these bytes, whatever it hears. */
const say = (text: string) => listen(createTcp((socket) => socket.on("error", () => {}).write(text)))
const sent = (url: string, settings: Partial<PostSettings> = {}): Promise<PostOutcome> =>
  post(url, compose, { ...SETTINGS, ...settings })

async function inTime(work: Promise<PostOutcome>): Promise<PostOutcome> {
  const startedMs = performance.now()
  const outcome = await work
  assert.ok(performance.now() - startedMs < SETTINGS.timeoutMs + 400, "ends in time")
  return outcome
}

/** What of the outcome everybody relies on. */
async function statusOf(work: Promise<PostOutcome>): Promise<number | string> {
  const outcome = await inTime(work)
  return "status" in outcome ? outcome.status : outcome.why
}

test("what is posted arrives as it was composed, for the address in its normal form", async () => {
  const heard: unknown[] = []
  const url = await serve(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    heard.push([request.method, request.url, request.headers["content-type"], body])
    response.writeHead(204).end()
  })
  const composed: string[] = []
  const outcome = await post(
    `${url}/../n?x=1#part`,
    async (targetUri) => {
      composed.push(targetUri)
      return compose()
    },
    SETTINGS,
  )
  assert.equal("status" in outcome && outcome.status, 204)
  assert.deepEqual(composed, [url.replace("/told", "/n?x=1")])
  assert.deepEqual(heard, [["POST", "/n?x=1", "application/json; charset=utf-8", BODY.toString()]])
})

test("any status is given back, and a redirect is not followed", async () => {
  const elsewhere = await serve(() => assert.fail("followed"))
  for (const status of [200, 299, 400, 404, 500, 503])
    assert.equal(
      await statusOf(sent(await serve((_, response) => response.writeHead(status).end("x")))),
      status,
    )
  for (const status of [301, 302, 303, 307, 308]) {
    const url = await serve((_, response) => response.writeHead(status, { location: elsewhere }).end())
    assert.equal(await statusOf(sent(url)), status)
  }
})

test("an endpoint that takes the connection and says nothing is given up in time", async () => {
  assert.equal(await statusOf(sent(await listen(createTcp(() => undefined)))), "no answer in time")
})

test("an endpoint that drips its headers is given up in time", async () => {
  const url = await listen(
    createTcp((socket) => {
      const drip = setInterval(() => socket.write("X-More: 1\r\n"), 20)
      socket.on("error", () => {}).on("close", () => clearInterval(drip))
      socket.write("HTTP/1.1 200 OK\r\n")
    }),
  )
  assert.equal(await statusOf(sent(url)), "no answer in time")
})

test("headers without end are given up, however fast they come", async () => {
  const url = await say(`HTTP/1.1 200 OK\r\n${"X-More: 123456789\r\n".repeat(2_000)}`)
  assert.equal(await statusOf(sent(url)), "answer not readable")
})

test("of a body without end no more is read than needed; its status counts", async () => {
  let written = 0
  const url = await serve((_, response) => {
    const chunk = Buffer.alloc(64 * 1024)
    const more = () => {
      while (!response.destroyed && response.write(chunk)) written += chunk.byteLength
    }
    response.writeHead(200).on("drain", more)
    more()
  })
  assert.equal(await statusOf(sent(url)), 200)
  assert.ok(written < 64 * 1024 * 1024)
})

test("a body that drips counts by its status, in time", async () => {
  const url = await serve((_, response) => {
    response.writeHead(200)
    const drip = setInterval(() => response.write("."), 20)
    response.on("close", () => clearInterval(drip))
  })
  assert.equal(await statusOf(sent(url)), 200)
})

test("a connection that is closed before an answer, or in the middle of its headers, is no answer", async () => {
  assert.equal(
    await statusOf(sent(await listen(createTcp((socket) => socket.destroy())))),
    "connection closed",
  )
  const url = await listen(createTcp((socket) => socket.end("HTTP/1.1 200 OK\r\nContent-")))
  assert.match(String(await statusOf(sent(url))), /connection closed|answer not readable/)
})

test("what is not HTTP is no answer", async () => {
  assert.equal(await statusOf(sent(await say("SSH-2.0-OpenSSH_9.9\r\n"))), "answer not readable")
})

test("an answer that switches protocols is none", async () => {
  const url = await say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")
  assert.equal(typeof (await statusOf(sent(url))), "string")
})

test("where nobody listens, the connection is refused", async () => {
  const server = createTcp()
  const url = await listen(server)
  server.close()
  await once(server, "close")
  assert.equal(await statusOf(sent(url)), "connection refused")
})

test("a name whose server never answers is given up in time", async () => {
  const never = () => new Promise<string[]>(() => undefined)
  assert.equal(await statusOf(sent("https://shop.example/n", { resolve: never })), "name not resolved")
})

test("a name is resolved once: whatever it means afterwards, the checked address is spoken to", async () => {
  const url = await serve((request, response) => {
    response.writeHead(request.headers.host?.startsWith("localhost:") ? 200 : 400).end()
  })
  assert.equal(await statusOf(sent(url.replace("127.0.0.1", "localhost"))), 200)
  const inside = async () => ["223.5.5.5", "127.0.0.1"]
  const outcome = await inTime(
    sent("https://shop.example/n", { rules: { loopback: false }, resolve: inside }),
  )
  assert.deepEqual(outcome, { why: "address not allowed" })
})

test("nothing is sent to addresses inside, in whatever words", async () => {
  const url = await serve(() => assert.fail("reached"))
  const { port } = new URL(url)
  for (const host of ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::1]"]) {
    const outcome = await sent(`https://${host}:${port}/n`, { rules: { loopback: false } })
    assert.deepEqual(outcome, { why: "address not allowed" }, host)
  }
})

test("encryption without a certificate of that name is not accepted", async () => {
  const url = await say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
  assert.match(String(await statusOf(sent(url.replace("http:", "https:")))), /certificate|not reachable/)
})

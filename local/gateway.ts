import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Duplex } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import type { RouteDefinition } from "./blueprint.ts"
import { type InvocationOutcome, traceRoot } from "./function-pool.ts"
import {
  decodePath,
  eventOf,
  type GatewayRequest,
  type GatewayResponse,
  responseOf,
} from "./gateway-event.ts"
import { type RouteMatch, routeTable } from "./routes.ts"
import { refusedCaller } from "./try-it/own-page.ts"
import type { Site } from "./try-it/site.ts"

/** Quotas of an HTTP API: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_BODY_BYTES = 10 * 1024 * 1024
const MAX_HEADER_BYTES = 10 * 1024
const BACKLOG = 4096
const KEEP_ALIVE_MS = 60_000

/** Serves what lies under /local/; no part of what is deployed. */
export type LocalCalls = (request: {
  method: string
  path: string
  query: URLSearchParams
  body: Buffer
}) => Promise<{ status: number; json: unknown }>

export type GatewayTargets = {
  routes: readonly RouteDefinition[]
  invoke(functionName: string, event: string, requestId: string): Promise<InvocationOutcome>
  local?: LocalCalls
  /** Told the status of each answer that the API gave. */
  answered?(status: number): void
  /** The try-it page and its helpers; no part of what is deployed. */
  tryIt?: Site
}

/** The HTTP API's front. Listens at once, so that the port is known and held; answers 503 until it is opened. */
export type Gateway = {
  port: number
  url: string
  open(targets: GatewayTargets): void
  /** Takes no more calls and waits for those in flight, that long at most. */
  close(withinMs: number): Promise<void>
}

type OpenTargets = GatewayTargets & {
  find: (method: string, path: string) => RouteMatch<RouteDefinition> | undefined
}
type Surroundings = {
  nowMs(): number
  port: number
  targets: OpenTargets | undefined
  inFlight: Set<Promise<void>>
}

/** Listens on 127.0.0.1; port 0 chooses one. Rejects with the error of listen. */
export async function listenGateway(port: number, nowMs: () => number): Promise<Gateway> {
  const around: Surroundings = { nowMs, port, targets: undefined, inFlight: new Set() }
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const answered = answer(around, request, response)
    around.inFlight.add(answered)
    void answered.finally(() => around.inFlight.delete(answered))
  })
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.on("clientError", refuseUnreadable)
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen({ port, host: "127.0.0.1", backlog: BACKLOG }, resolve)
  })
  around.port = (server.address() as AddressInfo).port
  return {
    port: around.port,
    url: `http://127.0.0.1:${around.port}`,
    open(targets) {
      const routes = targets.routes.map((target) => ({ routeKey: target.routeKey, target }))
      around.targets = { ...targets, find: routeTable(routes) }
    },
    close: (withinMs) => closeServer(server, around.inFlight, withinMs),
  }
}

async function closeServer(server: Server, inFlight: Set<Promise<void>>, withinMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  await Promise.race([Promise.all(inFlight), sleep(withinMs, undefined, { ref: false })])
  server.closeAllConnections()
  await closed
}

async function answer(
  around: Surroundings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID()
  let answered: GatewayResponse
  try {
    answered = await respond(around, request, requestId)
  } catch (fault) {
    if (request.destroyed && !request.complete) return // The caller went away while it spoke.
    console.error(fault)
    answered = message(500, "Internal Server Error")
  }
  // Of a refused body the rest is read and thrown away, else the caller would meet a reset instead of the answer.
  request.resume()
  try {
    write(around, response, requestId, answered)
  } catch (fault) {
    console.error(fault)
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    write(around, response, requestId, message(500, "Internal Server Error"))
  }
}

/** Throws, with nothing sent, where a function's header cannot be sent. */
function write(
  around: Surroundings,
  response: ServerResponse,
  requestId: string,
  answered: GatewayResponse,
): void {
  response.sendDate = false
  for (const [name, value] of answered.headers) response.setHeader(name, value)
  response.setHeader("date", new Date(around.nowMs()).toUTCString())
  response.setHeader("apigw-requestid", requestId)
  if (answered.status === 204 || answered.status === 304) {
    response.removeHeader("content-type")
    response.writeHead(answered.status).end()
    return
  }
  response.setHeader("content-length", answered.body.length)
  response.writeHead(answered.status).end(answered.body)
}

async function respond(
  around: Surroundings,
  request: IncomingMessage,
  requestId: string,
): Promise<GatewayResponse> {
  const { targets } = around
  const [path = "/", query = ""] = splitOnce(request.url ?? "/", "?")
  if (request.method === "GET" && path === "/healthz")
    return json(targets ? 200 : 503, { ready: targets !== undefined })
  if (!targets) return message(503, "Service Unavailable")
  const body = await readBody(request)
  if (!body) return message(413, "Request Entity Too Large")
  const method = request.method ?? "GET"
  if (targets.tryIt?.serves(path)) {
    const { headers } = request
    return targets.tryIt.answer({
      method,
      path: decodePath(path),
      query: new URLSearchParams(query),
      headers,
      body,
    })
  }
  if (path.startsWith("/local/") && targets.local) {
    const refused = refusedCaller(request.headers)
    if (refused) return message(403, refused)
    const { status, json: value } = await targets.local({
      method,
      path: decodePath(path),
      query: new URLSearchParams(query),
      body,
    })
    return json(status, value)
  }
  const match = targets.find(method, decodePath(path))
  if (!match) return message(404, "Not Found")
  const { rawHeaders, httpVersion, socket } = request
  const sourceIp = socket.remoteAddress ?? "127.0.0.1"
  const given = { method, path, query, rawHeaders, httpVersion, sourceIp, body }
  const answered = await integrate(around, targets, match, given, requestId)
  targets.answered?.(answered.status)
  return answered
}

async function integrate(
  { nowMs, port }: Surroundings,
  targets: OpenTargets,
  { target, routeKey, pathParameters }: RouteMatch<RouteDefinition>,
  request: GatewayRequest,
  requestId: string,
): Promise<GatewayResponse> {
  const now = nowMs()
  const facts = { routeKey, pathParameters, requestId, nowMs: now, port, traceRoot: traceRoot(now) }
  const given = new AbortController()
  const late = sleep(target.timeoutMs, undefined, { signal: given.signal, ref: false }).catch(() => undefined)
  const outcome = await Promise.race([
    targets.invoke(target.functionName, JSON.stringify(eventOf(request, facts)), requestId),
    late,
  ])
  given.abort()
  if (!outcome || (outcome.kind === "failed" && outcome.why === "closed"))
    return message(503, "Service Unavailable")
  const response = outcome.kind === "answered" ? responseOf(outcome.payload) : undefined
  return response ?? message(500, "Internal Server Error")
}

/** undefined where it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) return undefined
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length
    if (size > MAX_BODY_BYTES) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

function refuseUnreadable(fault: NodeJS.ErrnoException, socket: Duplex): void {
  if (fault.code === "ECONNRESET" || !socket.writable) return
  const [status, text] =
    fault.code === "HPE_HEADER_OVERFLOW" ? [431, "Request Header Fields Too Large"] : [400, "Bad Request"]
  const body = JSON.stringify({ message: text })
  socket.end(
    `HTTP/1.1 ${status} ${text}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
}

const message = (status: number, text: string) => json(status, { message: text })

function json(status: number, value: unknown): GatewayResponse {
  return {
    status,
    headers: [["content-type", "application/json"]],
    body: Buffer.from(JSON.stringify(value ?? null)),
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)]
}

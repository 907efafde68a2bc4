/**
 * What API Gateway's HTTP API gives a function and takes from it, payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { isUtf8 } from "node:buffer"
import { STATUS_CODES } from "node:http"
import type { APIGatewayProxyEventV2 } from "aws-lambda"
import { LOCAL_ACCOUNT } from "./account.ts"

export type GatewayRequest = {
  method: string
  /** As it came, still encoded. */
  path: string
  /** Without the question mark. */
  query: string
  /** Name and value by turns, as they came. */
  rawHeaders: readonly string[]
  httpVersion: string
  sourceIp: string
  body: Buffer
}

export type GatewayResponse = { status: number; headers: [string, string | string[]][]; body: Buffer }

export type RequestFacts = {
  routeKey: string
  pathParameters?: Record<string, string>
  requestId: string
  nowMs: number
  port: number
  traceRoot: string
}

/** Everything else comes as base64, also what has no content type; so does a form. */
const TEXT_TYPES = /^(text\/|application\/(json|xml|javascript)\b)/

/** The gateway's own to say, whatever a function answers. */
const OF_THE_CONNECTION = new Set(["connection", "content-length", "keep-alive", "transfer-encoding"])

/** The event for that request. */
export function eventOf(request: GatewayRequest, facts: RequestFacts): APIGatewayProxyEventV2 {
  const headers = joinHeaders(request.rawHeaders)
  const cookies = headers.cookie?.split(/; */)
  delete headers.cookie
  const domainName = (headers.host ?? "127.0.0.1").replace(/:\d+$/, "")
  const decodedPath = decodePath(request.path)
  return {
    version: "2.0",
    routeKey: facts.routeKey,
    rawPath: decodedPath,
    rawQueryString: request.query,
    ...(cookies && { cookies }),
    headers: {
      ...headers,
      "x-amzn-trace-id": `Root=${facts.traceRoot}`,
      "x-forwarded-for": headers["x-forwarded-for"]
        ? `${headers["x-forwarded-for"]}, ${request.sourceIp}`
        : request.sourceIp,
      "x-forwarded-port": String(facts.port),
      "x-forwarded-proto": "http",
    },
    ...queryParameters(request.query),
    requestContext: {
      accountId: LOCAL_ACCOUNT,
      apiId: "local",
      domainName,
      domainPrefix: domainName.split(".")[0] ?? "",
      http: {
        method: request.method,
        path: decodedPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: facts.requestId,
      routeKey: facts.routeKey,
      stage: "$default",
      time: logTime(facts.nowMs),
      timeEpoch: facts.nowMs,
    },
    ...(facts.pathParameters && { pathParameters: facts.pathParameters }),
    ...bodyOf(request.body, headers),
  }
}

/** HTTP APIs hand paths on decoded. One that cannot be decoded stays as it is. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function joinHeaders(rawHeaders: readonly string[]): Record<string, string> {
  const joined: Record<string, string> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase()
    const value = rawHeaders[at + 1] ?? ""
    const separator = name === "cookie" ? "; " : ","
    joined[name] = Object.hasOwn(joined, name) ? `${joined[name]}${separator}${value}` : value
  }
  return joined
}

function queryParameters(query: string): { queryStringParameters?: Record<string, string> } {
  if (query === "") return {}
  const joined: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    joined[name] = Object.hasOwn(joined, name) ? `${joined[name]},${value}` : value
  }
  return { queryStringParameters: joined }
}

function bodyOf(body: Buffer, headers: Record<string, string>): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false }
  const text = TEXT_TYPES.test((headers["content-type"] ?? "").toLowerCase()) && !headers["content-encoding"]
  // Bytes that are no text would not survive as one.
  if (text && isUtf8(body)) return { body: body.toString(), isBase64Encoded: false }
  return { body: body.toString("base64"), isBase64Encoded: true }
}

/** 12/Mar/2020:19:03:58 +0000 */
function logTime(nowMs: number): string {
  const [, day, month, year, time] = new Date(nowMs).toUTCString().split(" ")
  return `${day}/${month}/${year}:${time} +0000`
}

/** The response for what the function answered, in JSON; undefined where it is no response at all. */
export function responseOf(payload: string): GatewayResponse | undefined {
  const answer: unknown = JSON.parse(payload)
  if (typeof answer !== "object" || answer === null || !("statusCode" in answer)) return bareResponse(answer)
  const {
    statusCode,
    headers = {},
    cookies = [],
    body = "",
    isBase64Encoded,
  } = answer as Record<string, unknown>
  const status = Number(statusCode)
  if (!Number.isInteger(status) || status < 200 || !STATUS_CODES[status]) return undefined
  if (typeof body !== "string" || typeof headers !== "object" || headers === null || !Array.isArray(cookies))
    return undefined
  const given = Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), String(value)])
    .filter(([name]) => !OF_THE_CONNECTION.has(name))
  if (!given.some(([name]) => name === "content-type"))
    given.push(["content-type", "text/plain;charset=UTF-8"])
  return {
    status,
    headers: cookies.length > 0 ? [...given, ["set-cookie", cookies.map(String)]] : given,
    body: Buffer.from(body, isBase64Encoded === true ? "base64" : "utf8"),
  }
}

/** A value without a status code is the body of a success. */
function bareResponse(answer: unknown): GatewayResponse {
  const body = typeof answer === "string" ? answer : JSON.stringify(answer)
  return { status: 200, headers: [["content-type", "application/json"]], body: Buffer.from(body) }
}

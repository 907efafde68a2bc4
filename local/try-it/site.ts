/** The try-it page at `/` and the helpers that it needs beyond the platform's own calls. Never deployed. */
import { existsSync } from "node:fs"
import type { IncomingHttpHeaders } from "node:http"
import { join } from "node:path"
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import * as z from "zod"
import type { ChannelSimulator } from "../../channels/channel-simulator.ts"
import { CHANNEL_IDS, type ChannelId } from "../../domain/channel.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import type { GatewayResponse } from "../gateway-event.ts"
import { barcodesOf } from "./barcodes.ts"
import { type DemoTill, openDemoTill } from "./demo-till.ts"
import { type WatchPorts, watchOrder } from "./order-watch.ts"
import { refusedCaller, refusedHost } from "./own-page.ts"
import { type PageFile, pageFiles } from "./page-files.ts"
import { CALL_NAMES, type Watch } from "./wire.ts"

export type SiteContext = {
  dataDir: string
  baseUrl: string
  speed: number
  clock: { nowMs(): number }
  tables: { main: string }
  dynamodb: DynamoDBClient
  channels: Partial<Record<ChannelId, ChannelSimulator>>
}

export type SiteRequest = {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: Buffer
}

export type Site = {
  serves(path: string): boolean
  answer(request: SiteRequest): Promise<GatewayResponse>
}

const HELPERS = "/local/try-it/"
const merchantId = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/)
const CallInput = z.strictObject({
  merchantId,
  name: z.enum(CALL_NAMES),
  input: z.record(z.string(), z.unknown()),
  language: z.enum(["zh", "en"]),
})
const BarcodesInput = z.strictObject({ code: z.string().regex(/^\d{1,32}$/) })
const WatchInput = z.strictObject({
  merchant_id: merchantId.optional(),
  out_request_no: z.string().min(1).max(64).optional(),
})

type Said = { status: number; json: unknown }

export function openSite(context: SiteContext): Site {
  const fileAt = pageFiles()
  const ports: WatchPorts = {
    orders: orderStore(context.dynamodb, context.tables.main),
    exceptions: exceptionStore(context.dynamodb, context.tables.main),
    channels: context.channels,
  }
  const tillOf = demoTills(context)
  return {
    serves: (path) => path === "/" || path === "/favicon.ico" || path.startsWith(HELPERS),

    async answer(request) {
      const { method, path, headers } = request
      const reads = method === "GET" || method === "HEAD"
      const file = reads ? fileAt(path) : undefined
      const refused = file ? refusedHost(headers) : refusedCaller(headers)
      if (refused) return json({ status: 403, json: { message: refused } })
      return file ? pageFile(file) : json(await helper(request))
    },
  }

  async function helper({ method, path, query, headers, body }: SiteRequest): Promise<Said> {
    if (method === "GET" && path === `${HELPERS}watch`) {
      return withInput(WatchInput, Object.fromEntries(query), (input) =>
        watch(context, ports, input.merchant_id, input.out_request_no),
      )
    }
    if (method !== "POST") return { status: 404, json: { message: "no such helper" } }
    // A form of another page cannot send this type without asking first.
    if (!headers["content-type"]?.startsWith("application/json")) {
      return { status: 415, json: { message: "application/json is expected" } }
    }
    if (path === `${HELPERS}barcodes`) {
      return withInput(BarcodesInput, jsonIn(body), async ({ code }) => barcodesOf(code))
    }
    if (path === `${HELPERS}call`) {
      return withInput(CallInput, jsonIn(body), async ({ merchantId, name, input, language }) => {
        const till = tillOf(merchantId)
        return till ? till.call(name, input, language) : undefined
      })
    }
    return { status: 404, json: { message: "no such helper" } }
  }
}

async function watch(
  { clock, speed, channels }: SiteContext,
  ports: WatchPorts,
  merchantId: string | undefined,
  outRequestNo: string | undefined,
): Promise<Watch> {
  const order = merchantId && outRequestNo ? await watchOrder(ports, merchantId, outRequestNo) : undefined
  return {
    now: new Date(clock.nowMs()).toISOString(),
    speed,
    channels: CHANNEL_IDS.filter((it) => channels[it]),
    ...(order ? { order } : {}),
  }
}

/** Tills of the merchants whose keys lie in the state folder, opened when they are first used. */
function demoTills({ dataDir, baseUrl, clock }: SiteContext): (merchantId: string) => DemoTill | undefined {
  const tills = new Map<string, DemoTill>()
  return (merchantId) => {
    const folder = join(dataDir, "demo", merchantId)
    if (!tills.has(merchantId) && existsSync(join(folder, "merchant.json"))) {
      tills.set(merchantId, openDemoTill(folder, baseUrl, clock.nowMs))
    }
    return tills.get(merchantId)
  }
}

async function withInput<T extends z.ZodType>(
  schema: T,
  given: unknown,
  act: (input: z.infer<T>) => Promise<unknown>,
): Promise<Said> {
  const parsed = schema.safeParse(given)
  if (!parsed.success) return { status: 400, json: { message: z.prettifyError(parsed.error) } }
  const value = await act(parsed.data)
  return value === undefined
    ? { status: 404, json: { message: "no such demo merchant" } }
    : { status: 200, json: value }
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"))
  } catch {
    return undefined
  }
}

/**
 * Nothing from elsewhere, nothing inline, no frames around it. Pictures of codes are made in the page (`blob:`): in an
 * address they would stand in its history.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ")

const SAFE_HEADERS: [string, string][] = [
  ["content-security-policy", POLICY],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
]

function pageFile({ type, body }: PageFile): GatewayResponse {
  // The next start may bring another page under the same address.
  return {
    status: 200,
    headers: [...SAFE_HEADERS, ["content-type", type], ["cache-control", "no-cache"]],
    body,
  }
}

function json({ status, json: value }: Said): GatewayResponse {
  const headers: [string, string][] = [
    ...SAFE_HEADERS,
    ["content-type", "application/json"],
    ["cache-control", "no-store"],
  ]
  return { status, headers, body: Buffer.from(JSON.stringify(value)) }
}

/** The local helpers `/local/*` (contract §1): tokens, agreements, the channels' books and moods, the clock. Never deployed. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { SignJWT } from "jose"
import * as z from "zod"
import type { ChannelSimulator } from "../channels/channel-simulator.ts"
import { AGREEMENT_PAY_TYPES, CHANNEL_IDS, type ChannelId } from "../domain/channel.ts"
import { agree, type SeedContext } from "./demo-data.ts"

export type HelperContext = Omit<SeedContext, "clock"> & {
  clock: { nowMs(): number; advance(ms: number): number }
  channels: Partial<Record<ChannelId, ChannelSimulator>>
  tokens: { issuer: string; audience: string }
}

export type HelperRequest = { method: string; path: string; query: URLSearchParams; body: Buffer }
export type HelperAnswer = { status: number; json: unknown }

const TokenInput = z.strictObject({ uid: z.string().regex(/^[0-9A-Za-z_-]{1,64}$/) })
const AgreementInput = z.strictObject({
  uid: z.string().regex(/^[0-9A-Za-z_-]{1,64}$/),
  merchant_id: z.string().min(1).max(64),
  pay_type: z.enum(AGREEMENT_PAY_TYPES),
})
const DownInput = z.strictObject({ for_ms: z.int().min(0).max(86_400_000) })
const ClockInput = z.strictObject({
  advance_ms: z
    .int()
    .min(0)
    .max(400 * 86_400_000),
})

const TOKEN_LIFE_S = 12 * 60 * 60

export function localHelpers(context: HelperContext): (request: HelperRequest) => Promise<HelperAnswer> {
  const issuerKey = tokenKey(join(context.dataDir, "issuer"))
  return async (request) => {
    const { method, path } = request
    if (method === "POST" && path === "/local/token")
      return withInput(TokenInput, request, (it) => token(it.uid))
    if (method === "POST" && path === "/local/clock") {
      return withInput(ClockInput, request, async (it) => ({
        now: isoTime(context.clock.advance(it.advance_ms)),
      }))
    }
    if (method === "POST" && path === "/local/agreements") {
      return withInput(AgreementInput, request, ({ uid, merchant_id, pay_type }) =>
        agree(context, { uid, merchantId: merchant_id, payType: pay_type }),
      )
    }
    if (method === "GET" && path === "/local/issuer/jwks") {
      return {
        status: 200,
        json: { keys: [{ ...publicJwk(issuerKey), kid: "local", alg: "RS256", use: "sig" }] },
      }
    }
    return channelHelper(context, request)
  }

  async function token(uid: string): Promise<{ token: string }> {
    const nowS = Math.floor(context.clock.nowMs() / 1000)
    const signed = await new SignJWT({})
      .setProtectedHeader({ alg: "RS256", kid: "local" })
      .setSubject(uid)
      .setIssuer(context.tokens.issuer)
      .setAudience(context.tokens.audience)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + TOKEN_LIFE_S)
      .sign(issuerKey)
    return { token: signed }
  }
}

const NO_BOOKS = { charged: 0, returned: 0, charges: [], returns: [] }

async function channelHelper(context: HelperContext, request: HelperRequest): Promise<HelperAnswer> {
  const [, id, action] = /^\/local\/channels\/([a-z]+)\/(books|down)$/.exec(request.path) ?? []
  const channelId = CHANNEL_IDS.find((it) => it === id)
  if (!channelId) return { status: 404, json: { message: "no such helper" } }
  const channel = context.channels[channelId]
  if (request.method === "GET" && action === "books") {
    const order = request.query.get("order") ?? ""
    if (!/^\d{26}$/.test(order))
      return { status: 400, json: { message: "order: the 26 digits of pay_out_trade_no" } }
    // A channel that is not simulated yet has taken nothing.
    return { status: 200, json: channel?.books(order) ?? NO_BOOKS }
  }
  if (request.method === "POST" && action === "down") {
    return withInput(DownInput, request, async ({ for_ms }) => {
      channel?.down(for_ms)
      return {}
    })
  }
  return { status: 405, json: { message: "method not allowed" } }
}

async function withInput<T extends z.ZodType>(
  schema: T,
  request: HelperRequest,
  act: (input: z.infer<T>) => Promise<unknown>,
): Promise<HelperAnswer> {
  const parsed = schema.safeParse(jsonIn(request.body))
  if (!parsed.success) return { status: 400, json: { message: z.prettifyError(parsed.error) } }
  return { status: 200, json: await act(parsed.data) }
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"))
  } catch {
    return undefined
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** The key of the local token issuer, kept so that tokens outlive a restart. */
function tokenKey(folder: string): KeyObject {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, "private_key.pem")
  if (existsSync(file)) return createPrivateKey(readFileSync(file, "utf8"))
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  writeFileSync(file, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 })
  return privateKey
}

function publicJwk(privateKey: KeyObject): Record<string, unknown> {
  return { ...createPublicKey(privateKey).export({ format: "jwk" }) }
}

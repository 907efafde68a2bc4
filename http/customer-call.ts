/** A call of the customer's app: known by the token of the configured issuer (contract §4), answered unsigned. */
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose"
import type * as z from "zod"
import type { Language } from "../api/errors.ts"
import { type CallSurroundings, callHandler, type ProvenPhone } from "./call.ts"
import type { Answer } from "./envelope.ts"
import { parseInput, parseJsonBody } from "./input.ts"
import { Refused } from "./refused.ts"

export type CustomerCaller = {
  uid: string
  language: Language
  nowMs: number
  /** Where their token says something of it. */
  provenPhone?: ProvenPhone
}

export type TokenSettings = { issuer: string; audience: string; jwksUrl: string }

export type CustomerEdge = Omit<CallSurroundings, "name" | "seal"> & { verifyToken: VerifyToken }

export type TokenHolder = Pick<CustomerCaller, "uid" | "provenPhone">

/** Whose it is, or undefined where the token is none of the issuer's, is not for us, or its time has passed. */
export type VerifyToken = (token: string, nowMs: number) => Promise<TokenHolder | undefined>

/** One call, from its raw input to its answer. */
export type CustomerCall = (raw: RawInput, caller: CustomerCaller) => Promise<Answer>

type RawInput = { body: Buffer; address: Record<string, string | undefined> }

const UID = /^[0-9A-Za-z_-]{1,64}$/

export function tokenVerifier({ issuer, audience, jwksUrl }: TokenSettings): VerifyToken {
  const keys = createRemoteJWKSet(new URL(jwksUrl))
  return async (token, nowMs) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ["RS256"],
        requiredClaims: ["sub", "exp"],
        currentDate: new Date(nowMs),
        clockTolerance: 5,
      })
      const { sub: uid } = payload
      if (uid === undefined || !UID.test(uid)) return undefined
      return { uid, provenPhone: phoneIn(payload) }
    } catch (error) {
      // The issuer not answering is our fault; every other error is the token's.
      const issuerSilent = error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)
      if (issuerSilent || error.code === "ERR_JOSE_GENERIC") throw error
      return undefined
    }
  }
}

/** OpenID Connect Core 1.0, §5.1. */
function phoneIn({ phone_number, phone_number_verified }: JWTPayload): ProvenPhone | undefined {
  if (typeof phone_number !== "string") return undefined
  return { number: phone_number, verified: phone_number_verified === true }
}

/** One handler for one or several calls, chosen by route. */
export function customerHandler(
  edge: CustomerEdge,
  name: string,
  calls: Readonly<Record<string, CustomerCall>>,
) {
  return callHandler(
    { ...edge, name },
    async (facts) => {
      const token = /^Bearer +([A-Za-z0-9._-]+)$/i.exec(facts.headers.authorization ?? "")?.[1]
      const holder = token === undefined ? undefined : await edge.verifyToken(token, facts.nowMs)
      if (holder === undefined) throw new Refused({ code: "TOKEN_INVALID" })
      facts.uid = holder.uid
      facts.provenPhone = holder.provenPhone
    },
    async ({ uid = "", provenPhone, language, nowMs, body }, event) => {
      const call = calls[event.routeKey]
      if (!call) throw new Error(`no call for ${event.routeKey}`)
      const address = { ...event.queryStringParameters, ...event.pathParameters }
      return call({ body, address }, { uid, provenPhone, language, nowMs })
    },
  )
}

/**
 * A call with its input checked.
 * @param from where the input stands: the JSON body (empty is an empty object), or query string and path
 */
export function customerCall<T extends z.ZodObject>(
  from: "body" | "address",
  input: T,
  run: (input: z.infer<T>, caller: CustomerCaller) => Promise<Answer>,
): CustomerCall {
  return async (raw, caller) => {
    const body = raw.body.length === 0 ? Buffer.from("{}") : raw.body
    const parsed =
      from === "body"
        ? parseJsonBody(input, body, caller.language)
        : parseInput(input, raw.address, caller.language)
    return parsed.ok ? run(parsed.value, caller) : { ok: false, refusal: parsed.refusal }
  }
}

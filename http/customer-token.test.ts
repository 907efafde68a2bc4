/** Tokens of an issuer that publishes its keys over HTTP, as login providers do. */
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { after, before, test } from "node:test"
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose"
import { tokenVerifier, type VerifyToken } from "./customer-call.ts"

const ISSUER = "https://login.example"
const AUDIENCE = "app"
const NOW_MS = Date.parse("2026-10-14T04:00:00Z")

let issuer: Server
let key: Awaited<ReturnType<typeof generateKeyPair>>["privateKey"]
let verify: VerifyToken

before(async () => {
  const pair = await generateKeyPair("RS256")
  key = pair.privateKey
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: "k", alg: "RS256" }] })
  issuer = createServer((_request, response) => response.end(jwks)).listen(0, "127.0.0.1")
  await once(issuer, "listening")
  const { port } = issuer.address() as AddressInfo
  verify = tokenVerifier({ issuer: ISSUER, audience: AUDIENCE, jwksUrl: `http://127.0.0.1:${port}/jwks` })
})
after(() => issuer?.close())

const token = (claims: JWTPayload) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: "RS256", kid: "k" })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime(NOW_MS / 1000 + 60)
    .sign(key)

const holderOf = async (claims: JWTPayload) => verify(await token({ sub: "U1", ...claims }), NOW_MS)

test("a token without a number proves none", async () => {
  assert.deepEqual(await holderOf({}), { uid: "U1", provenPhone: undefined })
})

test("a number counts as verified only where the token says so in so many words", async () => {
  const number = "+8613812341234"
  for (const [phone_number_verified, verified] of [
    [true, true],
    [false, false],
    ["true", false],
    [undefined, false],
  ] as const) {
    const holder = await holderOf({ phone_number: number, phone_number_verified })
    assert.deepEqual(holder?.provenPhone, { number, verified })
  }
})

test("a token of another uid, time or audience is nobody's", async () => {
  assert.equal(await holderOf({ sub: "not a uid" }), undefined)
  assert.equal(await verify(await token({ sub: "U1" }), NOW_MS + 120_000), undefined)
  assert.equal(await verify("none", NOW_MS), undefined)
})

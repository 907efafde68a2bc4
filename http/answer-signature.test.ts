import assert from "node:assert/strict"
import { createHash, generateKeyPairSync, sign, verify } from "node:crypto"
import { test } from "node:test"
import { signAnswer, signAnswerRemotely } from "./answer-signature.ts"

const NOW_S = 1_792_000_000
const TARGET = "https://pay.example.com/metro/payment/v1/api/qrcode/orderquery"
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const KEY = { keyId: "k-2026-01", privateKey }
const ANSWER = { status: 404, body: Buffer.from('{"code":"ORDER_NOT_FOUND","message":"订单不存在"}') }
const COVERED = '"@status" "content-digest" "@method";req "@target-uri";req'
const BOUND = `${COVERED} "signature";req;key="sig1"`

/** The text of the contract, put together by hand. */
function expectedBase(covered: string, digest: string, requestSignature?: string): string {
  return [
    '"@status": 404',
    `"content-digest": ${digest}`,
    '"@method";req: POST',
    `"@target-uri";req: ${TARGET}`,
    ...(requestSignature ? [`"signature";req;key="sig1": ${requestSignature}`] : []),
    `"@signature-params": (${covered});created=${NOW_S};keyid="k-2026-01"`,
  ].join("\n")
}

function assertSigned(headers: Record<string, string>, covered: string, requestSignature?: string) {
  const digest = `sha-256=:${createHash("sha256").update(ANSWER.body).digest("base64")}:`
  assert.equal(headers["Content-Digest"], digest)
  assert.equal(headers["Signature-Input"], `sig1=(${covered});created=${NOW_S};keyid="k-2026-01"`)
  const signature = /^sig1=:(.*):$/.exec(headers.Signature ?? "")?.[1] ?? ""
  const base = Buffer.from(expectedBase(covered, digest, requestSignature))
  assert.ok(verify("sha256", base, publicKey, Buffer.from(signature, "base64")))
}

test("an answer is signed over status, body, method, target and the request's signature", () => {
  const request = { method: "POST", targetUri: TARGET, signatureHeader: "sig1=:AQIDBA==:" }
  assertSigned(signAnswer(ANSWER, request, KEY, NOW_S * 1000 + 400), BOUND, ":AQIDBA==:")
})

test("of several signatures in the request the answer covers sig1", () => {
  const request = {
    method: "POST",
    targetUri: TARGET,
    signatureHeader: "proxy=:AAAA:, sig1=:AQIDBA==:;x=1, z",
  }
  assertSigned(signAnswer(ANSWER, request, KEY, NOW_S * 1000), BOUND, ":AQIDBA==:;x=1")
})

test("where the request has no readable sig1 the answer is signed without it", () => {
  for (const signatureHeader of [
    undefined,
    "",
    "sig1",
    "sig1=()",
    "sig1=7",
    "sig2=:AAAA:",
    "((",
    "sig1=:AA",
    "签名",
    "a\nb",
  ]) {
    const headers = signAnswer(
      ANSWER,
      { method: "POST", targetUri: TARGET, signatureHeader },
      KEY,
      NOW_S * 1000,
    )
    assertSigned(headers, COVERED)
  }
})

test("a key that signs elsewhere gives the same headers", async () => {
  const request = { method: "POST", targetUri: TARGET, signatureHeader: "sig1=:AQIDBA==:" }
  const remote = { keyId: KEY.keyId, sign: async (base: Buffer) => sign("sha256", base, privateKey) }
  assert.deepEqual(
    await signAnswerRemotely(ANSWER, request, remote, NOW_S * 1000),
    signAnswer(ANSWER, request, KEY, NOW_S * 1000),
  )
})

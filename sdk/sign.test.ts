import assert from "node:assert/strict"
import { generateKeyPairSync, verify } from "node:crypto"
import { test } from "node:test"
import { NONCE_MAX_LENGTH, NONCE_MIN_LENGTH } from "../api/signature-profile.ts"
import { readPrivateKey, signRequest } from "./sign.ts"

const REQUEST = { method: "POST", targetUri: "https://pay.example.com/x?y=1", body: Buffer.from("{}") }

test("the four signed lines are the contract's, for RSA and for ECDSA", () => {
  const pairs = [
    generateKeyPairSync("rsa", { modulusLength: 2048 }),
    generateKeyPairSync("ec", { namedCurve: "P-256" }),
  ]
  for (const { publicKey, privateKey } of pairs) {
    const headers = signRequest(
      REQUEST,
      { merchantId: "M10001", keyId: "k1", privateKey },
      1_792_000_000_999,
      "0123456789abcdef",
    )
    const digest = "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"
    const params =
      '("@method" "@target-uri" "content-digest");created=1792000000;nonce="0123456789abcdef";keyid="M10001/k1"'
    assert.equal(headers["Content-Digest"], digest)
    assert.equal(headers["Signature-Input"], `sig1=${params}`)
    const base = `"@method": POST\n"@target-uri": https://pay.example.com/x?y=1\n"content-digest": ${digest}\n"@signature-params": ${params}`
    const signature = Buffer.from(headers.Signature?.slice(6, -1) ?? "", "base64")
    assert.ok(verify("sha256", Buffer.from(base), { key: publicKey, dsaEncoding: "ieee-p1363" }, signature))
  }
})

test("every call has a nonce of its own, of the length the platform takes", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const nonces = Array.from({ length: 100 }, () => {
    const headers = signRequest(REQUEST, { merchantId: "M10001", keyId: "k1", privateKey }, 0)
    return /;nonce="([^"]*)"/.exec(headers["Signature-Input"] ?? "")?.[1] ?? ""
  })
  assert.equal(new Set(nonces).size, 100)
  assert.ok(nonces.every(({ length }) => length >= NONCE_MIN_LENGTH && length <= NONCE_MAX_LENGTH))
})

test("private keys are read from PEM; other keys are refused", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  for (const type of ["pkcs8", "pkcs1"] as const) {
    assert.ok(readPrivateKey(privateKey.export({ type, format: "pem" }).toString()).equals(privateKey))
  }
  assert.throws(() => readPrivateKey(publicKey.export({ type: "spki", format: "pem" }).toString()))
  assert.throws(() => readPrivateKey(publicKey), /RSA or ECDSA P-256/)
  assert.throws(
    () => readPrivateKey(generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey),
    /RSA or ECDSA P-256/,
  )
})

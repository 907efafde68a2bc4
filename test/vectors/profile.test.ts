/** Recomputes every vector that merchants' programmers check their own signers against, with node:crypto as the judge. */
import assert from "node:assert/strict"
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto"
import { test } from "node:test"
import { signAnswer } from "../../http/answer-signature.ts"
import { parsePublicKey } from "../../http/registered-key.ts"
import { verifyRequest } from "../../http/request-signature.ts"
import { signRequest } from "../../sdk/sign.ts"
import { verifyAnswer } from "../../sdk/verify-answer.ts"
import answers from "./answers.json" with { type: "json" }
import requests from "./requests.json" with { type: "json" }

const REQUEST_KEYS: Record<string, { algorithm: string; private_key: string; public_key: string }> =
  requests.keys

function bytesOf(signature: string): Buffer {
  return Buffer.from(/^sig1=:(.*):$/.exec(signature)?.[1] ?? "", "base64")
}

function digestOf(body: string): string {
  return `sha-256=:${createHash("sha256").update(body, "utf8").digest("base64")}:`
}

for (const vector of requests.vectors) {
  const key = REQUEST_KEYS[vector.key]
  assert.ok(key)
  const [merchantId = "", keyId = ""] = vector.keyid.split("/")
  const message = { method: vector.method, targetUri: vector.target_uri, body: Buffer.from(vector.body) }

  test(`request, ${vector.name}: digest, base and signature are right by node:crypto alone`, () => {
    assert.equal(vector.content_digest, digestOf(vector.body))
    const base = [
      `"@method": ${vector.method}`,
      `"@target-uri": ${vector.target_uri}`,
      `"content-digest": ${vector.content_digest}`,
      `"@signature-params": ${vector.signature_input.replace("sig1=", "")}`,
    ]
    assert.deepEqual(vector.signature_base, base)
    const bytes = Buffer.from(base.join("\n"))
    assert.ok(
      verify("sha256", bytes, { key: key.public_key, dsaEncoding: "ieee-p1363" }, bytesOf(vector.signature)),
    )
    // The same key and text always give the same RSA signature; ECDSA draws a new number each time.
    if (vector.key === "rsa")
      assert.deepEqual(sign("sha256", bytes, key.private_key), bytesOf(vector.signature))
  })

  test(`request, ${vector.name}: the SDK signs the same`, () => {
    const signer = { merchantId, keyId, privateKey: createPrivateKey(key.private_key) }
    const headers = signRequest(message, signer, vector.created * 1000, vector.nonce)
    assert.equal(headers["Content-Digest"], vector.content_digest)
    assert.equal(headers["Signature-Input"], vector.signature_input)
    if (vector.key === "rsa") assert.equal(headers.Signature, vector.signature)
    else assert.equal(bytesOf(headers.Signature ?? "").length, 64)
  })

  test(`request, ${vector.name}: the platform lets it in`, async () => {
    const registered = parsePublicKey(key.public_key)
    assert.ok(registered.ok)
    assert.equal(registered.key.algorithm, key.algorithm)
    const headers = {
      "content-digest": vector.content_digest,
      "signature-input": vector.signature_input,
      signature: vector.signature,
    }
    const result = await verifyRequest(
      { ...message, headers },
      async () => registered.key,
      vector.created * 1000,
      { explain: true },
    )
    assert.deepEqual(result, { ok: true, merchantId, keyId, nonce: vector.nonce, createdS: vector.created })
  })
}

for (const vector of answers.vectors) {
  const { method, target_uri: targetUri, signature: signatureHeader } = vector.request
  const request = { method, targetUri, signatureHeader }
  const body = Buffer.from(vector.body)
  const headers = {
    "Content-Digest": vector.content_digest,
    "Signature-Input": vector.signature_input,
    Signature: vector.signature,
  }

  test(`answer, ${vector.name}: digest, base and signature are right by node:crypto alone`, () => {
    assert.equal(vector.content_digest, digestOf(vector.body))
    const bound = /(?:^|, )sig1=(:[0-9A-Za-z+/=]*:)$/.exec(signatureHeader ?? "")?.[1]
    assert.deepEqual(vector.signature_base, [
      `"@status": ${vector.status}`,
      `"content-digest": ${vector.content_digest}`,
      `"@method";req: ${method}`,
      `"@target-uri";req: ${targetUri}`,
      ...(bound ? [`"signature";req;key="sig1": ${bound}`] : []),
      `"@signature-params": ${vector.signature_input.replace("sig1=", "")}`,
    ])
    const bytes = Buffer.from(vector.signature_base.join("\n"))
    assert.ok(verify("sha256", bytes, answers.key.public_key, bytesOf(vector.signature)))
  })

  test(`answer, ${vector.name}: the platform signs the same`, () => {
    const key = { keyId: vector.keyid, privateKey: createPrivateKey(answers.key.private_key) }
    assert.deepEqual(
      signAnswer({ status: vector.status, body }, request, key, vector.created * 1000),
      headers,
    )
  })

  test(`answer, ${vector.name}: the SDK believes it only where it is bound to the call`, async () => {
    const bound = vector.signature_input.includes('"signature";req')
    const received = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    const result = await verifyAnswer(
      { status: vector.status, headers: received, body },
      request,
      async () => createPublicKey(answers.key.public_key),
      vector.created * 1000,
    )
    // A call that was not signed at all (the list of keys) has nothing to be bound to.
    assert.equal(result.ok, bound || signatureHeader === undefined)
  })
}

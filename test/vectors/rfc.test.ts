import assert from "node:assert/strict"
import { constants, createHash, createHmac, verify } from "node:crypto"
import { test } from "node:test"
import { createVerifier, httpbis } from "http-message-signatures"
import { isInnerList, parseDictionary, serializeInnerList, serializeItem } from "structured-headers"
import {
  formatContentDigest,
  SIGNATURE_ALGORITHMS,
  sha256OfContentDigest,
} from "../../api/signature-profile.ts"
import { parsePublicKey } from "../../http/registered-key.ts"
import { verifyRequest } from "../../http/request-signature.ts"
import digests from "./digests.json" with { type: "json" }
import rfc9421 from "./rfc9421.json" with { type: "json" }

type Vector = (typeof rfc9421.vectors)[number]

const PEM: Record<string, string> = rfc9421.keys
const SECRET = Buffer.from(rfc9421.shared_secret, "base64")

/** node:crypto alone, without any code of the platform or its libraries. */
function holds({ algorithm, key, signature, signature_base }: Vector): boolean {
  const base = Buffer.from(signature_base.join("\n"))
  const bytes = Buffer.from(signature, "base64")
  const pem = PEM[key] ?? ""
  if (algorithm === "hmac-sha256") return createHmac("sha256", SECRET).update(base).digest().equals(bytes)
  if (algorithm === "ed25519") return verify(null, base, pem, bytes)
  if (algorithm === "ecdsa-p256-sha256")
    return verify("sha256", base, { key: pem, dsaEncoding: "ieee-p1363" }, bytes)
  return verify("sha512", base, { key: pem, padding: constants.RSA_PKCS1_PSS_PADDING }, bytes)
}

/** The same text from the pieces that our verification is made of. */
function baseOf({ label, message, signature_input }: Vector): string {
  const covered = parseDictionary(`${label}=${signature_input}`).get(label)
  assert.ok(covered && isInnerList(covered))
  const fields = covered[0].map((item) => serializeItem(item))
  const { request, response } = rfc9421
  const lines =
    message === "request"
      ? httpbis.createSignatureBase({ fields }, { ...request, url: request.target_uri })
      : httpbis.createSignatureBase({ fields }, response)
  lines.push(['"@signature-params"', [serializeInnerList(covered)]])
  // RFC 9421 §2.5: without components the text is the last line alone.
  return httpbis.formatSignatureBase(lines)
}

for (const vector of rfc9421.vectors) {
  test(`RFC 9421 ${vector.section} (${vector.algorithm}): base and signature are as published`, () => {
    assert.equal(baseOf(vector), vector.signature_base.join("\n"))
    assert.ok(holds(vector))
  })

  test(`RFC 9421 ${vector.section}: verifies under the profile's algorithms only if it is one of them`, async () => {
    const base = Buffer.from(vector.signature_base.join("\n"))
    const verdicts = SIGNATURE_ALGORITHMS.map(async (algorithm) => {
      try {
        return await createVerifier(PEM[vector.key] ?? SECRET, algorithm)(
          base,
          Buffer.from(vector.signature, "base64"),
        )
      } catch {
        return false
      }
    })
    const expected = SIGNATURE_ALGORITHMS.some((algorithm) => algorithm === vector.algorithm)
    assert.equal((await Promise.all(verdicts)).some(Boolean), expected)
  })
}

test("RFC 9421's requests are refused by the platform, also under its own label: they do not sign what they must", async () => {
  for (const { label, message, signature, signature_input, key } of rfc9421.vectors) {
    if (message !== "request") continue
    for (const name of [label, "sig1"]) {
      const headers = {
        ...rfc9421.request.headers,
        "signature-input": `${name}=${signature_input}`,
        signature: `${name}=:${signature}:`,
      }
      const request = {
        method: "POST",
        targetUri: rfc9421.request.target_uri,
        headers,
        body: Buffer.from(rfc9421.request.body),
      }
      const result = await verifyRequest(
        request,
        async () => assert.fail(`looked for ${key}`),
        1_618_884_473_000,
        { explain: false },
      )
      assert.ok(!result.ok)
      assert.equal(result.refusal.code, "SIGNATURE_INVALID")
    }
  }
})

test("of RFC 9421's keys the profile takes RSA and P-256, and no Ed25519", () => {
  const taken = Object.entries(PEM).map(([name, pem]) => [name, parsePublicKey(pem).ok])
  assert.deepEqual(taken, [
    ["test-key-rsa-pss", true],
    ["test-key-ecc-p256", true],
    ["test-key-ed25519", false],
  ])
})

for (const { source, body, sha256, sha512 } of digests.digests) {
  test(`${source}: the digests are as published, and only sha-256 counts`, () => {
    if (sha256) {
      assert.equal(createHash("sha256").update(body).digest("base64"), sha256)
      assert.equal(sha256OfContentDigest(formatContentDigest(sha256)), sha256)
    }
    if (sha512) {
      assert.equal(createHash("sha512").update(body).digest("base64"), sha512)
      assert.equal(sha256OfContentDigest(`sha-512=:${sha512}:`), undefined)
    }
  })
}

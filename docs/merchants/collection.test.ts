import assert from "node:assert/strict"
import { createPublicKey, verify } from "node:crypto"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { runInNewContext } from "node:vm"
import { MERCHANT_API_PATH } from "../../api/merchant-api.ts"
import { verifyRequest } from "../../http/request-signature.ts"
import requests from "../../test/vectors/requests.json" with { type: "json" }

const COLLECTION = join(import.meta.dirname, "collection")
const requireThere = createRequire(join(COLLECTION, "bruno.json"))
const files = readdirSync(COLLECTION).filter((name) => /^\d.*\.bru$/.test(name))
const read = (name: string) => readFileSync(join(COLLECTION, name), "utf8")

/** What stands between the braces of a block in Bruno's format, whose end is a brace at the line's beginning. */
function block(text: string, name: string): string {
  const [, content] = new RegExp(`^${name} \\{\\n(.*?)\\n\\}$`, "ms").exec(text) ?? []
  return content ?? assert.fail(`no block ${name}`)
}

for (const vector of requests.vectors) {
  test(`the collection signs as the vectors do: ${vector.name}`, () => {
    const key = requests.keys[vector.key === "rsa" ? "rsa" : "ecdsa"]
    const [merchantId, keyId] = vector.keyid.split("/")
    const headers = requireThere("./sign.cjs").signedHeaders(
      { merchantId, keyId, privateKey: key.private_key },
      vector.target_uri,
      vector.body,
      { created: vector.created, nonce: vector.nonce },
    )
    assert.equal(headers["Content-Digest"], vector.content_digest)
    assert.equal(headers["Signature-Input"], vector.signature_input)
    if (vector.key === "rsa") return assert.equal(headers.Signature, vector.signature)
    const signature = Buffer.from(headers.Signature.slice("sig1=:".length, -1), "base64")
    const base = Buffer.from(vector.signature_base.join("\n"))
    assert.ok(verify("sha256", base, { key: key.public_key, dsaEncoding: "ieee-p1363" }, signature))
  })
}

type Sent = { url: string; body: string | undefined; headers: Record<string, string> }

/**
 * Runs the script before a request as Bruno's developer mode does: CommonJS with `bru` and `req`. What it calls of the
 * two is Bruno 4.1's (bruno-request.js, bru.js of @usebruno/js).
 */
function runScript(sent: Sent, variables: Record<string, string>): void {
  const bru = {
    cwd: () => COLLECTION,
    getEnvVar: (name: string) => variables[name],
    interpolate: (text: string) => text.replace(/\{\{(\w+)\}\}/g, (_, name) => variables[name] ?? ""),
  }
  const req = {
    getUrl: () => sent.url,
    setUrl: (url: string) => {
      sent.url = url
    },
    getBody: () => sent.body,
    setBody: (body: string) => {
      sent.body = body
    },
    setHeader: (name: string, value: string) => {
      sent.headers[name.toLowerCase()] = value
    },
  }
  runInNewContext(block(read("collection.bru"), "script:pre-request"), { bru, req, require: requireThere })
}

function merchantFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "merchant-"))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, "merchant.json"), '{"merchant_id":"M10001","key_id":"rsa-1"}')
  writeFileSync(join(folder, "private_key.pem"), requests.keys.rsa.private_key)
  return folder
}

test("each merchant's request of the collection leaves signed, with its variables put in", async (t) => {
  const variables = {
    base_url: "http://127.0.0.1:8787",
    merchant_folder: merchantFolder(t),
    qrcode: "92000000000000000004",
    out_request_no: "bruno-1",
  }
  const signed: string[] = []
  for (const name of files) {
    const text = read(name)
    const [, method = "", url = ""] = /^(get|post) \{\n {2}url: (.*)$/m.exec(text) ?? assert.fail(name)
    const body = text.includes("body:json {") ? block(text, "body:json") : undefined
    const sent: Sent = { url, body, headers: {} }
    runScript(sent, variables)
    if (!url.includes(MERCHANT_API_PATH)) {
      assert.deepEqual(sent, { url, body, headers: {} }, `${name} is left as it was`)
      continue
    }
    const verified = await verifyRequest(
      {
        method: method.toUpperCase(),
        targetUri: sent.url,
        headers: sent.headers,
        body: Buffer.from(sent.body ?? ""),
      },
      async () => ({
        algorithm: "rsa-v1_5-sha256",
        publicKey: createPublicKey(requests.keys.rsa.public_key),
      }),
      Date.now(),
      { explain: true },
    )
    assert.equal(verified.ok, true, name)
    assert.ok(!sent.url.includes("{{") && !sent.body?.includes("{{"), name)
    signed.push(sent.url.split("/").at(-1) ?? "")
  }
  assert.deepEqual(new Set(signed), new Set(["queryuid", "applypay", "orderquery", "reverse"]))
})

import assert from "node:assert/strict"
import { test } from "node:test"
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import { openSite, type SiteRequest } from "./site.ts"

const site = openSite({
  dataDir: "/nowhere",
  baseUrl: "http://127.0.0.1:8787",
  speed: 1,
  clock: { nowMs: () => 1_000 },
  tables: { main: "main" },
  dynamodb: new DynamoDBClient({ region: "us-east-1" }),
  channels: {},
})

function ask(
  method: string,
  path: string,
  options: { body?: unknown; headers?: SiteRequest["headers"] } = {},
) {
  const headers = { host: "127.0.0.1:8787", "content-type": "application/json", ...options.headers }
  const body = Buffer.from(options.body === undefined ? "" : JSON.stringify(options.body))
  return site.answer({ method, path, query: new URLSearchParams(), headers, body })
}

test("every file that the page names is there, under a policy that lets nothing else in", async () => {
  const page = await ask("GET", "/")
  const html = page.body.toString()
  const named = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((it) => it[1] ?? "")
  assert.ok(named.length >= 8)
  for (const path of named) assert.equal((await ask("GET", path)).status, 200, path)
  const policy = new Map(page.headers).get("content-security-policy") ?? ""
  assert.match(String(policy), /^default-src 'none'/)
  assert.doesNotMatch(String(policy), /unsafe|https?:/)
  assert.doesNotMatch(html, /<script>|style="|onclick/)
})

test("paths lead to no other file", async () => {
  for (const path of ["/local/try-it/../gateway.ts", "/local/try-it/main.ts", "/local/try-it/documents/"]) {
    assert.equal((await ask("GET", path)).status, 404, path)
  }
})

test("helpers take JSON of their own form only", async () => {
  const form = { "content-type": "text/plain" }
  assert.equal((await ask("POST", "/local/try-it/barcodes", { headers: form })).status, 415)
  for (const body of [undefined, {}, { code: "abc" }, { code: "1".repeat(33) }]) {
    assert.equal((await ask("POST", "/local/try-it/barcodes", { body })).status, 400)
  }
  const call = { merchantId: "../M10001", name: "applypay", input: {}, language: "zh" }
  assert.equal((await ask("POST", "/local/try-it/call", { body: call })).status, 400)
  const unknown = await ask("POST", "/local/try-it/call", { body: { ...call, merchantId: "M9" } })
  assert.equal(unknown.status, 404)
})

test("page and helpers answer to loopback names only, helpers to their own page only", async () => {
  const rebound = { headers: { host: "evil.test" } }
  assert.equal((await ask("GET", "/", rebound)).status, 403)
  const foreign = { headers: { origin: "http://evil.test" }, body: { code: "1" } }
  assert.equal((await ask("POST", "/local/try-it/barcodes", foreign)).status, 403)
  assert.equal((await ask("GET", "/local/try-it/watch", foreign)).status, 403)
  assert.equal((await ask("GET", "/local/try-it/watch")).status, 200)
})

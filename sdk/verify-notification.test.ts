import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { test } from "node:test"
import { signNotification } from "../http/notification-signature.ts"
import { type ReceivedRequest, verifyNotification } from "./verify-notification.ts"

const NOW_MS = Date.parse("2026-05-01T00:00:00Z")
const platform = generateKeyPairSync("rsa", { modulusLength: 2048 })
const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 })
const URL_GIVEN = "https://shop.example/metro-pay?till=1"
const BODY = Buffer.from(`{"event_id":"E1","data":{"pay_err_desc":"余额不足"}}`)

function told(change: { privateKey?: typeof platform.privateKey; atMs?: number; targetUri?: string } = {}) {
  const { privateKey = platform.privateKey, atMs = NOW_MS, targetUri = URL_GIVEN } = change
  const signed = { targetUri: new URL(targetUri).href, body: BODY }
  const headers = signNotification(signed, { keyId: "p-1", privateKey }, atMs, "0123456789abcdef")
  return {
    method: "POST",
    targetUri,
    body: BODY,
    headers: Object.fromEntries(Object.entries(headers).map(([name, it]) => [name.toLowerCase(), it])),
  } satisfies ReceivedRequest
}

const verify = (request: ReceivedRequest) =>
  verifyNotification(request, async (id) => (id === "p-1" ? platform.publicKey : undefined), NOW_MS)

async function refusal(request: ReceivedRequest): Promise<string> {
  const verified = await verify(request)
  return verified.ok ? "believed" : verified.why
}

test("what the platform sent is believed, to any form of the address that means the same", async () => {
  assert.deepEqual(await verify(told()), { ok: true, keyId: "p-1", createdS: NOW_MS / 1_000 })
  for (const targetUri of [
    "https://shop.example",
    "https://Shop.Example:443/n",
    "https://shop.example/a/../n",
  ])
    assert.equal((await verify(told({ targetUri }))).ok, true, targetUri)
})

test("signed by anybody else, it is not believed", async () => {
  assert.match(await refusal(told({ privateKey: stranger.privateKey })), /does not verify/)
})

test("a byte more, another address, another method: not believed", async () => {
  assert.match(await refusal({ ...told(), body: Buffer.concat([BODY, Buffer.from(" ")]) }), /Content-Digest/)
  assert.match(
    await refusal({ ...told(), targetUri: "https://other.example/metro-pay?till=1" }),
    /does not verify/,
  )
  assert.match(await refusal({ ...told(), method: "PUT" }), /does not verify/)
})

test("signed more than five minutes ago, or ahead, it is not believed", async () => {
  assert.match(await refusal(told({ atMs: NOW_MS - 301_000 })), /301 s away/)
  assert.match(await refusal(told({ atMs: NOW_MS + 301_000 })), /301 s away/)
  assert.equal(await refusal(told({ atMs: NOW_MS - 300_000 })), "believed")
})

test("without a signature, or one that covers less, it is not believed", async () => {
  const { headers, ...rest } = told()
  const { signature: _, ...unsigned } = headers
  assert.match(await refusal({ ...rest, headers: unsigned as typeof headers }), /not signed/)
  for (const name of ["@method", "@target-uri", "content-digest"]) {
    const input = headers["signature-input"]?.replace(`"${name}"`, "").replace("  ", " ") ?? ""
    assert.match(
      await refusal({ ...rest, headers: { ...headers, "signature-input": input } }),
      /not cover|cannot be read/,
    )
  }
})

test("a key that is not the platform's is named", async () => {
  const request = told()
  const input = request.headers["signature-input"]?.replace("p-1", "p-9") ?? ""
  assert.match(
    await refusal({ ...request, headers: { ...request.headers, "signature-input": input } }),
    /key p-9 is not/,
  )
})

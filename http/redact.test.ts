import assert from "node:assert/strict"
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto"
import { test } from "node:test"
import fc from "fast-check"
import { redact } from "./redact.ts"

const digits = (least: number, most: number = least) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: least, maxLength: most })
    .map((them) => `1${them.join("").slice(1)}`)

/** What stands around: anything that does not go on where the secret ends. */
const around = fc.string({ unit: "binary" }).map((text) => text.replace(/[\dA-Za-z+/=_-]/g, " "))

function neverShows(secret: fc.Arbitrary<string>): void {
  fc.assert(
    fc.property(around, secret, around, (before, it, after) => {
      assert.ok(!redact(`${before}${it}${after}`).includes(it))
    }),
  )
}

test("phone numbers and payment codes are masked, whatever stands around them", () => {
  neverShows(digits(11))
  neverShows(digits(15, 25))
  for (const phone of ["13800138000", "+8613800138000", "8613800138000", "138 0013 8000", "138-0013-8000"])
    assert.doesNotMatch(redact(`no agreement of ${phone}.`), /8000/, phone)
  assert.doesNotMatch(redact("code135000000000000000x"), /0000/)
  assert.doesNotMatch(redact("1350 0000 0000 0000 00"), /0000/)
})

test("keys, digests and signatures are masked in hex, base64 and base64url", () => {
  const random = fc.integer().map((seed) => createHash("sha512").update(String(seed)).digest())
  neverShows(random.map((it) => it.toString("base64")))
  neverShows(random.map((it) => it.toString("base64url")))
  neverShows(random.map((it) => it.toString("hex").slice(0, 32)))
  assert.doesNotMatch(redact(`apiV3Key: ${randomBytes(16).toString("hex")}`), /[0-9a-f]{8}/)
})

test("a PEM is masked, whole, cut off or with its line breaks escaped", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  const lines = pem.split("\n").filter((line) => line.length >= 32)
  const signature = sign("sha256", Buffer.from("x"), privateKey).toString("base64")
  for (const text of [
    pem,
    pem.slice(0, -100),
    pem.replaceAll("\n", "\\n"),
    lines.slice(3).join("\n"),
    signature,
  ])
    for (const line of [...lines, signature]) assert.ok(!redact(`bad key ${text}`).includes(line))
})

test("a token is masked", () => {
  const token = `${Buffer.from('{"alg":"RS256"}').toString("base64url")}.${Buffer.from('{"sub":"U1"}').toString("base64url")}.c2ln`
  assert.equal(redact(`Bearer ${token}, refused`), "Bearer [token], refused")
})

test("what JSON.parse quotes of a text is masked", () => {
  for (const text of ["apiV3Key=secret", `{"apiV3Key":"secret",}${" ".repeat(80)}`, '{"a": secret}']) {
    const fault = faultOf(() => JSON.parse(text))
    assert.doesNotMatch(redact(fault.message), /secre/, fault.message)
    assert.doesNotMatch(redact(fault.stack ?? ""), /secre/)
  }
})

test("what a fault is looked up by stays: order numbers, request ids, times, places in the code", () => {
  const kept = [
    "order 48210739175820394857201938 is gone",
    "order 4821073917582039485720193801 is gone",
    "refund 482107391758203948572019380101 is gone",
    "request 7b9d3a0e-5c1f-4e2b-9a63-0f6d1c2b3a49",
    "at 2026-11-21T04:50:45.123Z, 1795236645123 ms, lease of 25000 ms",
    "merchant M10001 has no settings",
    "    at send (file:///var/task/index.mjs:12:34567)",
    "    at resolveEndpointDiscoveryConfiguration (/work/node_modules/smithy/core/submodules/retry/middleware.js:1:2)",
  ]
  for (const text of kept) assert.equal(redact(text), text)
})

test("redacting what was redacted changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 500 }), (text) => {
      assert.equal(redact(redact(text)), redact(text))
    }),
  )
})

test("a long text is redacted in a moment", () => {
  const long = `${'"'.repeat(20_000)}${"-----BEGIN ".repeat(5_000)}${"1 ".repeat(20_000)}${"a1B".repeat(50_000)}`
  const start = performance.now()
  redact(long)
  assert.ok(performance.now() - start < 1_000)
})

function faultOf(act: () => unknown): Error {
  try {
    act()
  } catch (fault) {
    if (fault instanceof Error) return fault
  }
  throw new Error("it did not fail")
}

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  algorithmOfKey,
  formatContentDigest,
  isTimely,
  parseKeyId,
  sha256OfContentDigest,
} from "./signature-profile.ts"

test("the sha-256 of a Content-Digest is found alone, beside others, and with parameters", () => {
  for (const field of [
    "sha-256=:YWJj:",
    "  sha-256=:YWJj: ",
    "sha-512=:eHl6:, sha-256=:YWJj:",
    "sha-256=:YWJj:,unixsum=30637",
    'md5=:eHl6:;deprecated;note="a, \\"b\\"", sha-256=:YWJj:; x=?1',
    "sha-256=:b2xk:, sha-256=:YWJj:",
  ]) {
    assert.equal(sha256OfContentDigest(field), "YWJj", field)
  }
})

test("a Content-Digest without a readable sha-256 gives none", () => {
  for (const field of [
    "",
    " ",
    "sha-512=:eHl6:",
    "sha-256",
    "sha-256=YWJj",
    'sha-256=":YWJj:"',
    "SHA-256=:YWJj:",
    "sha-256=:YWJj",
    "sha-256=:YWJj:,",
    ",sha-256=:YWJj:",
    "sha-256=:YWJj: sha-512=:eHl6:",
    "sha-256=:Y W:",
    "sha-256=:号:",
    "sha-256=:YWJj:, sha-256",
  ]) {
    assert.equal(sha256OfContentDigest(field), undefined, field)
  }
})

test("hostile digests take no longer than honest ones of their length", () => {
  const startMs = performance.now()
  for (const piece of ['a=":', "a;a=", "a=:a:,", ';a="\\\\', ", ,", "a=1 "])
    sha256OfContentDigest(piece.repeat(4000))
  assert.ok(performance.now() - startMs < 500)
})

test("a digest that was formatted can be read", () => {
  assert.equal(sha256OfContentDigest(formatContentDigest("YWJj")), "YWJj")
})

test("created may be 300 s off, either way", () => {
  assert.deepEqual(
    [-301, -300, 0, 300, 301].map((offS) => isTimely(1_000_000 + offS, 1_000_000)),
    [false, true, true, true, false],
  )
})

test("a keyid is MERCHANT/KEY_ID", () => {
  assert.deepEqual(parseKeyId("M10001/k-1.a"), { merchantId: "M10001", keyId: "k-1.a" })
  for (const keyid of [
    "",
    "M10001",
    "M10001/",
    "/k",
    "a/b/c",
    "M 1/k",
    "M10001/k\n",
    `${"m".repeat(65)}/k`,
  ]) {
    assert.equal(parseKeyId(keyid), undefined)
  }
})

test("RSA signs with PKCS #1 v1.5, P-256 with ECDSA, and no other key signs at all", () => {
  assert.equal(algorithmOfKey("rsa", undefined), "rsa-v1_5-sha256")
  assert.equal(algorithmOfKey("ec", "prime256v1"), "ecdsa-p256-sha256")
  for (const [type, curve] of [
    ["rsa-pss", undefined],
    ["ec", "secp384r1"],
    ["ed25519", undefined],
    [undefined, undefined],
  ]) {
    assert.equal(algorithmOfKey(type, curve), undefined)
  }
})

import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { test } from "node:test"
import { parsePublicKey } from "./registered-key.ts"

const spki = { publicKeyEncoding: { type: "spki", format: "pem" } as const }

function problemOf(pem: string): string {
  const parsed = parsePublicKey(pem)
  assert.ok(!parsed.ok, "a key that must be refused was taken")
  return parsed.problem
}

test("RSA and P-256 public keys are taken, and the key decides the algorithm", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
  for (const type of ["spki", "pkcs1"] as const) {
    const parsed = parsePublicKey(rsa.publicKey.export({ type, format: "pem" }).toString())
    assert.ok(parsed.ok)
    assert.equal(parsed.key.algorithm, "rsa-v1_5-sha256")
    assert.ok(parsed.key.publicKey.equals(rsa.publicKey))
  }
  const ec = parsePublicKey(generateKeyPairSync("ec", { namedCurve: "P-256", ...spki }).publicKey.toString())
  assert.ok(ec.ok)
  assert.equal(ec.key.algorithm, "ecdsa-p256-sha256")
})

test("RSA keys under 2048 bits are refused with their size", () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024, ...spki })
  assert.match(problemOf(publicKey.toString()), /2048 to 4096 bits, this one has 1024/)
})

test("keys of other kinds are refused by name", () => {
  assert.match(problemOf(generateKeyPairSync("ed25519", spki).publicKey.toString()), /this is ed25519/)
  assert.match(
    problemOf(generateKeyPairSync("ec", { namedCurve: "P-384", ...spki }).publicKey.toString()),
    /this is ec secp384r1/,
  )
  const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048, ...spki })
  assert.match(problemOf(pss.publicKey.toString()), /this is rsa-pss/)
})

test("a private key is refused with the advice to make a new pair, and is not repeated", () => {
  const pem = generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString()
  const problem = problemOf(pem)
  assert.match(problem, /private key.*new pair/)
  assert.ok(!problem.includes(pem.split("\n")[1] ?? ""))
})

test("what is no PEM, or a damaged one, is refused", () => {
  assert.match(problemOf(""), /BEGIN PUBLIC KEY/)
  assert.match(problemOf("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), /BEGIN PUBLIC KEY/)
  assert.match(
    problemOf("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
    /incomplete or damaged/,
  )
})

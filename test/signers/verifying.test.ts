import assert from "node:assert/strict"
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomInt } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { signAnswer } from "../../http/answer-signature.ts"
import { runPlatform, Till } from "../journeys/running-platform.ts"
import answers from "../vectors/answers.json" with { type: "json" }
import { runVerifier, VERIFIERS } from "./programs.ts"

const BASE_URL = "http://127.0.0.1:8787"
const PATH = "/metro/payment/v1/api/qrcode/applypay"
const CALL_SIGNATURE = "sig1=:Y2FsbA==:"
const SIGNED_BODY = '{"code":"SUCCESS","message":"成功","data":{"pay_status":"PS_FAILED"}}'

const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 })
const platformKey = createPrivateKey(answers.key.private_key)
const KEY_ID = "p-2026-10"

type Heard = { status: number; headers: Record<string, string>; body: string }

/** An answer as the platform signs it, save for what `change` says. */
function heard(
  change: {
    keyId?: string
    key?: typeof platformKey
    offMs?: number
    path?: string
    call?: string | null
  } = {},
): Heard {
  const request = {
    method: "POST",
    targetUri: BASE_URL + (change.path ?? PATH),
    signatureHeader: change.call === null ? undefined : (change.call ?? CALL_SIGNATURE),
  }
  const key = { keyId: change.keyId ?? KEY_ID, privateKey: change.key ?? platformKey }
  const answer = { status: 200, body: Buffer.from(SIGNED_BODY) }
  const headers = signAnswer(answer, request, key, Date.now() + (change.offMs ?? 0))
  return { status: 200, headers, body: SIGNED_BODY }
}

function wire({ status, headers, body }: Heard): Buffer {
  const lines = Object.entries({ ...headers, "content-length": Buffer.byteLength(body) })
  return Buffer.from(
    [`HTTP/1.1 ${status} OK`, ...lines.map(([name, value]) => `${name}: ${value}`), "", body].join("\r\n"),
  )
}

const UNTRUE: readonly [string, () => Heard, RegExp][] = [
  [
    "its body was changed",
    () => ({ ...heard(), body: SIGNED_BODY.replace("PS_FAILED", "PS_SUCCESS") }),
    /body/,
  ],
  ["its status was changed", () => ({ ...heard(), status: 503 }), /signature|verification/],
  ["it is not signed", () => ({ ...heard(), headers: {} }), /not signed/],
  ["its signature was taken away", () => withSignature(heard(), ""), /signature|verification/],
  ["its signature is no base64", () => withSignature(heard(), "sig1=:a:"), /signature|verification/],
  ["a stranger signed it", () => heard({ key: stranger.privateKey }), /signature|verification/],
  ["a key signed it that is not known", () => heard({ keyId: "p-2027-01" }), /p-2027-01 is unknown/],
  ["it answers another address", () => heard({ path: `${PATH}x` }), /signature|verification/],
  ["it answers another call", () => heard({ call: "sig1=:b3RoZXI=:" }), /signature|verification/],
  ["it is bound to no call", () => heard({ call: null }), /not signed for this call/],
  ["it is old", () => heard({ offMs: -310_000 }), /old/],
]

function withSignature({ headers, ...rest }: Heard, Signature: string): Heard {
  return { ...rest, headers: { ...headers, Signature } }
}

/** A merchant's folder whose platform_keys.json holds the platform's key beside an earlier one. */
function merchantFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "merchant-"))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, "merchant.json"), JSON.stringify({ merchant_id: "M10001", base_url: BASE_URL }))
  const platformJwk = createPublicKey(platformKey).export({ format: "jwk" })
  const keys = [
    { ...stranger.publicKey.export({ format: "jwk" }), kid: "p-2026-04", alg: "RS256", use: "sig" },
    { ...platformJwk, kid: KEY_ID, alg: "RS256", use: "sig" },
  ]
  writeFileSync(join(folder, "platform_keys.json"), JSON.stringify({ keys }, undefined, 2))
  return folder
}

for (const verifier of VERIFIERS) {
  const { language, skip } = verifier
  test(`${language}: believes what the platform signed for this call`, { skip }, async (t) => {
    const said = await runVerifier(verifier, [merchantFolder(t), PATH, CALL_SIGNATURE], wire(heard()))
    assert.deepEqual(said, { believed: true, stderr: "" })
  })

  for (const [what, make, why] of UNTRUE) {
    test(`${language}: does not believe an answer when ${what}`, { skip }, async (t) => {
      const said = await runVerifier(verifier, [merchantFolder(t), PATH, CALL_SIGNATURE], wire(make()))
      assert.equal(said.believed, false)
      assert.match(said.stderr, /not believed, the result is unknown: /)
      assert.match(said.stderr, why)
    })
  }
}

test("a running platform's answers are believed in every language", async (t) => {
  const running = await runPlatform()
  t.after(() => running.stop())
  const till = new Till(running, "M10001")
  const qrcode = `13${Array.from({ length: 16 }, () => randomInt(10)).join("")}`
  const order = { out_request_no: "V1", qrcode, body: "早餐", total_fee: 450, store_id: "SZTX001" }
  for (const [input, status] of [
    [order, 200],
    [{ ...order, total_fee: 451 }, 409],
  ] as const) {
    const call = till.sign("applypay", input)
    const response = await fetch(running.url + call.path, {
      method: "POST",
      headers: call.headers,
      body: new Uint8Array(call.body),
    })
    assert.equal(response.status, status)
    const answer = wire({
      status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    })
    for (const verifier of VERIFIERS.filter(({ skip }) => skip === false)) {
      const folder = join(running.dataDir, "demo", "M10001")
      const said = await runVerifier(verifier, [folder, call.path, String(call.headers.Signature)], answer)
      assert.deepEqual(said, { believed: true, stderr: "" }, verifier.language)
    }
  }
})

test("every verifier stays within 60 lines, imports aside", () => {
  for (const { file } of VERIFIERS) {
    const text = readFileSync(join(import.meta.dirname, "../../docs/merchants", file), "utf8")
    const own = text.replace(/^import \([^)]*\)$|^(import|from) .*$/gm, "").split("\n")
    assert.ok(own.filter((line) => line.trim() !== "").length <= 60, file)
  }
})

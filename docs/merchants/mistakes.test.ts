import assert from "node:assert/strict"
import { constants, createHash, createPublicKey, generateKeyPairSync, sign } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { errorMessage } from "../../api/errors.ts"
import { verifyRequest } from "../../http/request-signature.ts"
import requests from "../../test/vectors/requests.json" with { type: "json" }

const page = readFileSync(join(import.meta.dirname, "signing.md"), "utf8")
const [example] = requests.vectors
if (!example) throw new Error("there is no worked example")
const { public_key: publicKey, private_key: privateKey } = requests.keys.rsa

type Key = { privateKey: string; publicKey: string; algorithm: "rsa-v1_5-sha256" | "ecdsa-p256-sha256" }
const RSA: Key = { privateKey, publicKey, algorithm: "rsa-v1_5-sha256" }
const ECDSA: Key = {
  privateKey: requests.keys.ecdsa.private_key,
  publicKey: requests.keys.ecdsa.public_key,
  algorithm: "ecdsa-p256-sha256",
}

type Call = { headers: Record<string, string>; key?: Key; registered?: boolean }
type Parts = { method: string; uri: string; digest: string; covered: string; params: string }

const RIGHT: Parts = {
  method: "POST",
  uri: example.target_uri,
  digest: example.content_digest,
  covered: '("@method" "@target-uri" "content-digest")',
  params: `created=${example.created};nonce="${example.nonce}";keyid="${example.keyid}"`,
}

/** The signed text of a call; what is sent can differ from it. */
function base({ method, uri, digest, covered, params }: Parts, lineEnd = "\n"): string {
  const lines = {
    '"@method"': method,
    '"@target-uri"': uri,
    '"content-digest"': digest,
    '"@signature-params"': `${covered};${params}`,
  }
  const signed = Object.entries(lines).filter(([name]) => covered.includes(name) || name.includes("params"))
  return signed.map(([name, value]) => `${name}: ${value}`).join(lineEnd)
}

function signed(text: string, key: Key = RSA): string {
  return sign("sha256", Buffer.from(text), { key: key.privateKey, dsaEncoding: "ieee-p1363" }).toString(
    "base64",
  )
}

function headers({ digest, covered, params }: Parts, signature: string): Record<string, string> {
  return {
    "content-digest": digest,
    "signature-input": `sig1=${covered};${params}`,
    signature: `sig1=:${signature}:`,
  }
}

/** Everything right but for what is said, which is both signed and sent. */
function withParts(change: Partial<Parts>): Call {
  const parts = { ...RIGHT, ...change }
  return { headers: headers(parts, signed(base(parts))) }
}

/** The right headers, but another text was signed, or in another way. */
function signedAs(signature: string, key?: Key): Call {
  return { headers: headers(RIGHT, signature), key }
}

function withHeader(name: string, change: (value: string) => string | undefined): Call {
  const all: Record<string, string> = headers(RIGHT, signed(base(RIGHT)))
  const { [name]: value = "", ...others } = all
  const changed = change(value)
  return { headers: changed === undefined ? others : { ...others, [name]: changed } }
}

const hexDigest = createHash("sha256").update(example.body).digest("hex")
const stranger = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
})
const pss = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING }

/** By the words of the page. A mistake that is made in several ways is refused in the same way each time. */
const MISTAKES: Readonly<Record<string, Call[]>> = {
  "a header was not sent, or a proxy dropped it": [withHeader("signature-input", () => undefined)],
  "another label than `sig1`": [withHeader("signature-input", (value) => value.replace("sig1=", "sig-a="))],
  "the signature without its colons": [withHeader("signature", (value) => value.replaceAll(":", ""))],
  "the signature in quotation marks instead": [
    withHeader("signature", (value) => value.replaceAll(":", '"')),
  ],
  "the digest is sent but not covered": [withParts({ covered: '("@method" "@target-uri")' })],
  "`created` in quotation marks": [
    withParts({ params: RIGHT.params.replace(String(example.created), `"${example.created}"`) }),
  ],
  "no `nonce`": [withParts({ params: RIGHT.params.replace(`nonce="${example.nonce}";`, "") })],
  "a `nonce` that is too short": [withParts({ params: RIGHT.params.replace(example.nonce, "8fJq2mXv") })],
  "`alg` names another algorithm than the key's": [
    withParts({ params: `${RIGHT.params};alg="rsa-pss-sha512"` }),
  ],
  "`created` in milliseconds, or the clock is wrong": [
    withParts({ params: RIGHT.params.replace(String(example.created), String(example.created * 1000)) }),
    withParts({ params: RIGHT.params.replace(String(example.created), String(example.created - 301)) }),
  ],
  "`keyid` without the merchant": [withParts({ params: RIGHT.params.replace("M10001/", "") })],
  "a key id that is not registered, or was revoked": [{ ...withParts({}), registered: false }],
  "no `Content-Digest`": [withHeader("content-digest", () => undefined)],
  "the digest without its colons": [withParts({ digest: RIGHT.digest.replaceAll(":", "") })],
  "the digest in hex; the JSON was written a second time for sending; another charset": [
    withParts({ digest: `sha-256=:${hexDigest}:` }),
  ],
  "the signed text ends with a line feed, or has `\\r\\n`": [
    signedAs(signed(`${base(RIGHT)}\n`)),
    signedAs(signed(base(RIGHT, "\r\n"))),
  ],
  "the signed address is not the platform's: another host, port or scheme, a path alone, a slash more": [
    new URL(RIGHT.uri).pathname,
    `${RIGHT.uri}/`,
    RIGHT.uri.replace("http:", "https:"),
    RIGHT.uri.replace("127.0.0.1:8787", "localhost"),
  ].map((uri) => signedAs(signed(base({ ...RIGHT, uri })))),
  "the signed method is `post`": [signedAs(signed(base({ ...RIGHT, method: "post" })))],
  "the parameters were signed in another order than they were sent": [
    signedAs(signed(base({ ...RIGHT, params: RIGHT.params.split(";").toReversed().join(";") }))),
  ],
  "RSA-PSS, or SHA-1": [
    signedAs(sign("sha256", Buffer.from(base(RIGHT)), pss).toString("base64")),
    signedAs(sign("sha1", Buffer.from(base(RIGHT)), privateKey).toString("base64")),
  ],
  "an ECDSA signature in DER": [
    signedAs(sign("sha256", Buffer.from(base(RIGHT)), ECDSA.privateKey).toString("base64"), ECDSA),
  ],
  "the wrong private key": [signedAs(signed(base(RIGHT), { ...RSA, privateKey: stranger.privateKey }))],
}

async function verified({ headers, key = RSA, registered = true }: Call) {
  const { algorithm } = key
  const found = { algorithm, publicKey: createPublicKey(key.publicKey) }
  return verifyRequest(
    { method: "POST", targetUri: RIGHT.uri, headers, body: Buffer.from(example?.body ?? "") },
    async () => (registered ? found : undefined),
    (example?.created ?? 0) * 1000,
    { explain: true },
  )
}

/** The table's rows: mistake, code, what `message` ends with. */
const rows = page
  .split("### Mistakes")[1]
  ?.split("## Verifying")[0]
  ?.match(/^\| [^|]+ \| `[A-Z_]+` \|.*$/gm)
  ?.map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, mistake = "", code = "", detail = ""]) => ({
    mistake,
    code: code.replaceAll("`", ""),
    detail: detail.replaceAll("`", ""),
  }))

test("without a mistake the worked example is let in", async () => {
  assert.equal((await verified(withParts({}))).ok, true)
  assert.deepEqual(withParts({}).headers.signature, example.signature)
  assert.equal((await verified(signedAs(signed(base(RIGHT), ECDSA), ECDSA))).ok, true)
})

test("every mistake of the page is tried here, and no other", () => {
  assert.deepEqual(
    rows?.map(({ mistake }) => mistake),
    Object.keys(MISTAKES),
  )
})

for (const { mistake, code, detail } of rows ?? []) {
  test(`as the page says, ${code}: ${mistake}`, async () => {
    for (const call of MISTAKES[mistake] ?? []) {
      const result = await verified(call)
      assert.ok(!result.ok)
      assert.equal(result.refusal.code, code)
      assert.equal(result.refusal.detail ?? "", detail)
      assert.ok(errorMessage(result.refusal, "en").endsWith(detail))
      const explained = result.refusal.data?.expected_signature_base
      assert.equal(
        explained !== undefined,
        code === "SIGNATURE_INVALID" && detail === "",
        "the text is shown",
      )
    }
  })
}

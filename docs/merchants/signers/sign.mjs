// Signs one call and sends it, with Node alone (20 or later): node sign.mjs MERCHANT_FOLDER PATH JSON_BODY
import { createHash, randomUUID, sign } from "node:crypto"
import { readFileSync } from "node:fs"

const [folder, path, body] = process.argv.slice(2)
const merchant = JSON.parse(readFileSync(`${folder}/merchant.json`, "utf8"))
const uri = merchant.base_url + path

const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`
const created = Math.floor(Date.now() / 1000)
const keyid = `${merchant.merchant_id}/${merchant.key_id}`
const params = `("@method" "@target-uri" "content-digest");created=${created};nonce="${randomUUID()}";keyid="${keyid}"`
const text = [
  `"@method": POST`,
  `"@target-uri": ${uri}`,
  `"content-digest": ${digest}`,
  `"@signature-params": ${params}`,
].join("\n")

// For an RSA key (PKCS #1 v1.5) and a P-256 key alike: dsaEncoding, r then s instead of DER, means nothing to RSA.
const key = readFileSync(`${folder}/private_key.pem`, "utf8")
const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64")

const answer = await fetch(uri, {
  method: "POST",
  headers: {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Digest": digest,
    "Signature-Input": `sig1=${params}`,
    Signature: `sig1=:${signature}:`,
  },
  body,
  signal: AbortSignal.timeout(15_000),
})
console.log(answer.status)
console.log(await answer.text())

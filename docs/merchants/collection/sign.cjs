// Signs a call for Bruno's pre-request script: RFC 9421 with RFC 9530, an RSA or a P-256 key. Needs the developer mode.
const { createHash, randomUUID, sign } = require("node:crypto")

/**
 * The headers that sign a POST.
 * @param {{ merchantId: string, keyId: string, privateKey: string }} merchant privateKey in PEM
 * @param {string} uri the whole address, as it is sent
 * @param {string} body as it is sent
 * @param {{ created: number, nonce: string }} once unix seconds, and 16 to 64 characters that are new for each call
 */
function signedHeaders(
  { merchantId, keyId, privateKey },
  uri,
  body,
  { created, nonce } = { created: Math.floor(Date.now() / 1000), nonce: randomUUID() },
) {
  const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`
  const keyid = `${merchantId}/${keyId}`
  const params = `("@method" "@target-uri" "content-digest");created=${created};nonce="${nonce}";keyid="${keyid}"`
  const text = [
    '"@method": POST',
    `"@target-uri": ${uri}`,
    `"content-digest": ${digest}`,
    `"@signature-params": ${params}`,
  ].join("\n")
  const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" })
  return {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Digest": digest,
    "Signature-Input": `sig1=${params}`,
    Signature: `sig1=:${signature.toString("base64")}:`,
  }
}

module.exports = { signedHeaders }

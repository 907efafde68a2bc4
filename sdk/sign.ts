import { createHash, createPrivateKey, type KeyObject, randomBytes, sign } from "node:crypto"
import {
  algorithmOfKey,
  CONTENT_DIGEST_HEADER,
  formatContentDigest,
  REQUEST_COMPONENTS,
  SIGNATURE_HEADER,
  SIGNATURE_INPUT_HEADER,
  SIGNATURE_LABEL,
} from "../api/signature-profile.ts"

export type Signer = { merchantId: string; keyId: string; privateKey: KeyObject }

/** `targetUri` is the whole address, as the platform's public address has it, query included. */
export type RequestToSign = { method: string; targetUri: string; body: Buffer }

/** Reads a private key in PEM. Throws where it is none, or of a kind the platform does not take. */
export function readPrivateKey(pem: string | KeyObject): KeyObject {
  const key = typeof pem === "string" ? createPrivateKey(pem) : pem
  if (key.type !== "private" || !algorithmOf(key))
    throw new TypeError("the private key must be RSA or ECDSA P-256")
  return key
}

/**
 * The three headers that sign a request (contract §2). The text that is signed is put together by hand here: whoever
 * writes a client in another language can read it off these lines.
 * @param nonce 16 to 64 characters, new for every call
 */
export function signRequest(
  request: RequestToSign,
  signer: Signer,
  nowMs: number,
  nonce: string = randomBytes(18).toString("base64url"),
): Record<string, string> {
  const contentDigest = formatContentDigest(createHash("sha256").update(request.body).digest("base64"))
  const components = REQUEST_COMPONENTS.map((name) => `"${name}"`).join(" ")
  const keyid = `${signer.merchantId}/${signer.keyId}`
  const signatureParams = `(${components});created=${Math.floor(nowMs / 1000)};nonce="${nonce}";keyid="${keyid}"`
  const base = [
    `"@method": ${request.method}`,
    `"@target-uri": ${request.targetUri}`,
    `"content-digest": ${contentDigest}`,
    `"@signature-params": ${signatureParams}`,
  ].join("\n")
  // P-256 signatures are r and s, 32 bytes each (RFC 9421 §3.3.4), not the DER that node makes by itself; RSA has no
  // such choice.
  const signature = sign("sha256", Buffer.from(base), { key: signer.privateKey, dsaEncoding: "ieee-p1363" })
  return {
    [CONTENT_DIGEST_HEADER]: contentDigest,
    [SIGNATURE_INPUT_HEADER]: `${SIGNATURE_LABEL}=${signatureParams}`,
    [SIGNATURE_HEADER]: `${SIGNATURE_LABEL}=:${signature.toString("base64")}:`,
  }
}

function algorithmOf(key: KeyObject) {
  return algorithmOfKey(key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve)
}

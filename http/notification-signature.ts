/**
 * Signs what the platform sends to a merchant's own address: as the merchant signs its requests (contract §2, §3), with the
 * key that answers are signed with, whose id stands alone in `keyid`.
 */
import { createHash, type KeyObject, sign } from "node:crypto"
import {
  CONTENT_DIGEST_HEADER,
  formatContentDigest,
  REQUEST_COMPONENTS,
  SIGNATURE_HEADER,
  SIGNATURE_INPUT_HEADER,
  SIGNATURE_LABEL,
} from "../api/signature-profile.ts"

/** `targetUri` is the whole address that it is sent to, as URLs are written in their normal form. */
export type NotificationToSign = { targetUri: string; body: Buffer }

/** @param nonce 16 to 64 characters, new for every attempt */
export function signNotification(
  { targetUri, body }: NotificationToSign,
  key: { keyId: string; privateKey: KeyObject },
  nowMs: number,
  nonce: string,
): Record<string, string> {
  const contentDigest = formatContentDigest(createHash("sha256").update(body).digest("base64"))
  const components = REQUEST_COMPONENTS.map((name) => `"${name}"`).join(" ")
  const created = Math.floor(nowMs / 1000)
  const signatureParams = `(${components});created=${created};nonce="${nonce}";keyid="${key.keyId}"`
  const base = [
    `"@method": POST`,
    `"@target-uri": ${targetUri}`,
    `"content-digest": ${contentDigest}`,
    `"@signature-params": ${signatureParams}`,
  ].join("\n")
  const signature = sign("sha256", Buffer.from(base), key.privateKey)
  return {
    [CONTENT_DIGEST_HEADER]: contentDigest,
    [SIGNATURE_INPUT_HEADER]: `${SIGNATURE_LABEL}=${signatureParams}`,
    [SIGNATURE_HEADER]: `${SIGNATURE_LABEL}=:${signature.toString("base64")}:`,
  }
}

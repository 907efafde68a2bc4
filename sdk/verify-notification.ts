/**
 * Verifies a notification over its raw bytes: signed by a platform key, recently, for this very address, and unchanged. What
 * does not pass is nobody's word: anybody may send to a merchant's address.
 */
import { createHash, type KeyObject } from "node:crypto"
import { createVerifier, httpbis } from "http-message-signatures"
import { type InnerList, serializeInnerList, serializeItem } from "structured-headers"
import {
  algorithmOfKey,
  isTimely,
  MAX_SKEW_S,
  REQUEST_COMPONENTS,
  sha256OfContentDigest,
} from "../api/signature-profile.ts"
import { type FindPlatformKey, readSignature } from "./verify-answer.ts"

/**
 * As it arrived. `targetUri` is the `notify_url` that was given to the platform, whatever a proxy made of it; header names in
 * lower case, as node's `request.headers` has them.
 */
export type ReceivedRequest = {
  method: string
  targetUri: string
  headers: Record<string, string>
  body: Buffer
}

export type VerifiedRequest = { ok: true; keyId: string; createdS: number } | { ok: false; why: string }

/** `why` is a sentence for a log. Throws only what `findKey` throws. */
export async function verifyNotification(
  request: ReceivedRequest,
  findKey: FindPlatformKey,
  nowMs: number,
): Promise<VerifiedRequest> {
  const signed = readSignature(request.headers)
  if (!signed) return refused("the notification is not signed, or its signature cannot be read")
  const { covered, signature } = signed
  const present = new Set(covered[0].map((item) => serializeItem(item)))
  const uncovered = REQUEST_COMPONENTS.find((name) => !present.has(`"${name}"`))
  if (uncovered) return refused(`the signature does not cover ${uncovered}`)
  const created = covered[1].get("created")
  const keyId = covered[1].get("keyid")
  if (typeof created !== "number" || typeof keyId !== "string") return refused("created or keyid is missing")
  const nowS = Math.floor(nowMs / 1000)
  if (!isTimely(created, nowS))
    return refused(`signed ${Math.abs(nowS - created)} s away from this clock, ${MAX_SKEW_S} s are allowed`)
  const digest = createHash("sha256").update(request.body).digest("base64")
  if (sha256OfContentDigest(request.headers["content-digest"] ?? "") !== digest)
    return refused("Content-Digest does not match the body")
  const key = await findKey(keyId)
  if (!key) return refused(`the key ${keyId} is not one of the platform's`)
  if (!(await holds(covered, signature, key, request)))
    return refused("the signature does not verify: is the address the one that the platform was given?")
  return { ok: true, keyId, createdS: created }
}

async function holds(
  covered: InnerList,
  signature: Buffer,
  key: KeyObject,
  { method, targetUri, headers }: ReceivedRequest,
): Promise<boolean> {
  const algorithm = algorithmOfKey(key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve)
  if (!algorithm) return false
  try {
    const lines = httpbis.createSignatureBase(
      { fields: covered[0].map((item) => serializeItem(item)) },
      // In the form in which the platform sends to it: a bare host gets its slash.
      { method, url: new URL(targetUri).href, headers },
    )
    lines.push(['"@signature-params"', [serializeInnerList(covered)]])
    const base = Buffer.from(httpbis.formatSignatureBase(lines))
    return (await createVerifier(key, algorithm)(base, signature)) === true
  } catch {
    // A component that cannot be derived, or bytes that are no signature of this kind.
    return false
  }
}

function refused(why: string): VerifiedRequest {
  return { ok: false, why }
}

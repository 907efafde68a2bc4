/**
 * Verifies an answer of the platform over its raw bytes: signed by a platform key, recently, for this very request, and
 * unchanged. What does not pass is as good as no answer: the result of the call is unknown.
 */
import { createHash, type KeyObject } from "node:crypto"
import { createVerifier, httpbis } from "http-message-signatures"
import {
  type InnerList,
  isInnerList,
  parseDictionary,
  serializeInnerList,
  serializeItem,
} from "structured-headers"
import {
  ANSWER_COMPONENTS,
  algorithmOfKey,
  isTimely,
  MAX_SKEW_S,
  REQUEST_SIGNATURE_COMPONENT,
  SIGNATURE_LABEL,
  sha256OfContentDigest,
} from "../api/signature-profile.ts"

/** Header names in lower case, as `fetch` gives them. */
export type ReceivedAnswer = { status: number; headers: Record<string, string>; body: Buffer }

/** The request as it was sent. `signatureHeader` is left out only for calls that are not signed. */
export type SentRequest = { method: string; targetUri: string; signatureHeader?: string }

/** Gives the platform's public key of that `keyid`; may fetch the list of keys anew. */
export type FindPlatformKey = (keyId: string) => Promise<KeyObject | undefined>

export type VerifiedAnswer = { ok: true; keyId: string; createdS: number } | { ok: false; why: string }

/** `why` is a sentence for a log. Throws only what `findKey` throws. */
export async function verifyAnswer(
  answer: ReceivedAnswer,
  request: SentRequest,
  findKey: FindPlatformKey,
  nowMs: number,
): Promise<VerifiedAnswer> {
  const signed = readSignature(answer.headers)
  if (!signed) return refused("the answer is not signed, or its signature cannot be read")
  const { covered, signature } = signed
  const uncovered = missingComponent(covered, request)
  if (uncovered) return refused(`the signature does not cover ${uncovered}`)
  const created = covered[1].get("created")
  const keyId = covered[1].get("keyid")
  if (typeof created !== "number" || typeof keyId !== "string") return refused("created or keyid is missing")
  const nowS = Math.floor(nowMs / 1000)
  if (!isTimely(created, nowS)) {
    return refused(
      `signed ${Math.abs(nowS - created)} s away from this clock, ${MAX_SKEW_S} s are allowed: is the clock right?`,
    )
  }
  const digest = createHash("sha256").update(answer.body).digest("base64")
  if (sha256OfContentDigest(answer.headers["content-digest"] ?? "") !== digest) {
    return refused("Content-Digest does not match the body")
  }
  const key = await findKey(keyId)
  if (!key) return refused(`the key ${keyId} is not one of the platform's`)
  if (!(await holds(covered, signature, key, answer, request)))
    return refused("the signature does not verify")
  return { ok: true, keyId, createdS: created }
}

/** The signature under the platform's label, and what it covers; undefined where it cannot be read. */
export function readSignature(
  headers: Record<string, string>,
): { covered: InnerList; signature: Buffer } | undefined {
  try {
    const covered = parseDictionary(headers["signature-input"] ?? "").get(SIGNATURE_LABEL)
    const signature = parseDictionary(headers.signature ?? "").get(SIGNATURE_LABEL)?.[0]
    if (!covered || !isInnerList(covered) || !(signature instanceof ArrayBuffer)) return undefined
    return { covered, signature: Buffer.from(signature) }
  } catch {
    return undefined
  }
}

/** Without the last component, the platform's answer to some other call could be passed off as the answer to this one. */
function missingComponent(covered: InnerList, request: SentRequest): string | undefined {
  const required = request.signatureHeader
    ? [...ANSWER_COMPONENTS, REQUEST_SIGNATURE_COMPONENT]
    : ANSWER_COMPONENTS
  const present = new Set(covered[0].map((item) => serializeItem(item)))
  return required.find((component) => !present.has(component))
}

async function holds(
  covered: InnerList,
  signature: Buffer,
  key: KeyObject,
  answer: ReceivedAnswer,
  request: SentRequest,
): Promise<boolean> {
  const algorithm = algorithmOfKey(key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve)
  if (!algorithm) return false
  try {
    const lines = httpbis.createSignatureBase(
      { fields: covered[0].map((item) => serializeItem(item)) },
      { status: answer.status, headers: answer.headers },
      {
        method: request.method,
        url: request.targetUri,
        headers: { signature: request.signatureHeader ?? "" },
      },
    )
    lines.push(['"@signature-params"', [serializeInnerList(covered)]])
    const base = Buffer.from(httpbis.formatSignatureBase(lines))
    return (await createVerifier(key, algorithm)(base, signature)) === true
  } catch {
    // A component that cannot be derived, or bytes that are no signature of this kind.
    return false
  }
}

function refused(why: string): VerifiedAnswer {
  return { ok: false, why }
}

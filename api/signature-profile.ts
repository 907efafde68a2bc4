/**
 * How calls and answers are signed: the profile of RFC 9421 (signatures) and RFC 9530 (digests) that the platform, the
 * SDK and the cashier assistant share. Data and pure functions only; it imports nothing, so anything may import it.
 */

export const SIGNATURE_HEADER = "Signature"
export const SIGNATURE_INPUT_HEADER = "Signature-Input"
export const CONTENT_DIGEST_HEADER = "Content-Digest"

/** The one label that counts. Signatures under other labels, such as a proxy's, are not looked at. */
export const SIGNATURE_LABEL = "sig1"

/** What a merchant's request must cover, each as a plain component without parameters. More is allowed. */
export const REQUEST_COMPONENTS = ["@method", "@target-uri", "content-digest"] as const

/** What an answer covers besides the request's signature, as serialized component identifiers. */
export const ANSWER_COMPONENTS = [
  '"@status"',
  '"content-digest"',
  '"@method";req',
  '"@target-uri";req',
] as const

/** Binds the answer to this very request. Left out only where the request had no readable signature. */
export const REQUEST_SIGNATURE_COMPONENT = `"signature";req;key="${SIGNATURE_LABEL}"`

/** RSA-PSS is left out on purpose: its salt length and hash differ between languages, and one way for RSA is enough. */
export const SIGNATURE_ALGORITHMS = ["rsa-v1_5-sha256", "ecdsa-p256-sha256"] as const
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number]

/** How far `created` may be from the receiver's clock, either way. */
export const MAX_SKEW_S = 300
export const NONCE_MIN_LENGTH = 16
export const NONCE_MAX_LENGTH = 64
export const BODY_LIMIT_BYTES = 65_536
export const RSA_MIN_BITS = 2048

/**
 * The algorithm that a key signs with: the key decides, never the message.
 * @param keyType as node:crypto's `asymmetricKeyType` names it
 * @param curve as node:crypto names it; RSA keys have none
 */
export function algorithmOfKey(
  keyType: string | undefined,
  curve: string | undefined,
): SignatureAlgorithm | undefined {
  if (keyType === "rsa") return "rsa-v1_5-sha256"
  if (keyType === "ec" && curve === "prime256v1") return "ecdsa-p256-sha256"
  return undefined
}

/** `created` and the receiver's clock, both in unix seconds. */
export function isTimely(createdS: number, nowS: number): boolean {
  return Math.abs(nowS - createdS) <= MAX_SKEW_S
}

const KEY_ID = /^([0-9A-Za-z_-]{1,64})\/([0-9A-Za-z._-]{1,64})$/

/** A merchant's `keyid` parameter is `MERCHANT/KEY_ID`. */
export function parseKeyId(keyid: string): { merchantId: string; keyId: string } | undefined {
  const match = KEY_ID.exec(keyid)
  return match ? { merchantId: match[1] as string, keyId: match[2] as string } : undefined
}

/** @param sha256Base64 of the body's bytes, with padding */
export function formatContentDigest(sha256Base64: string): string {
  return `sha-256=:${sha256Base64}:`
}

// A structured-field dictionary (RFC 8941 §3.2) as far as digests need it: key, bare item, parameters. No two branches can
// begin with the same character, so that hostile input cannot make it slow.
const BARE_ITEM = String.raw`:[0-9A-Za-z+/=]*:|"(?:[ !#-\[\]-~]|\\["\\])*"|[0-9A-Za-z*?-][0-9A-Za-z!#$%&'*+.^_|~:/\x60-]*`
const KEY = "[a-z*][a-z0-9_.*-]*"
const MEMBER = new RegExp(`(${KEY})(?:=(${BARE_ITEM}))?(?:; *${KEY}(?:=(?:${BARE_ITEM}))?)*`, "y")
const SEPARATOR = /[ \t]*(,)?[ \t]*/y

/**
 * The sha-256 value in a Content-Digest field, in base64 as it stands there. Other algorithms beside it are passed over;
 * undefined where there is none or the field cannot be read.
 */
export function sha256OfContentDigest(field: string): string | undefined {
  const text = field.trim()
  let sha256: string | undefined
  let position = 0
  while (position < text.length) {
    MEMBER.lastIndex = position
    const member = MEMBER.exec(text)
    if (!member) return undefined
    // The last of several wins (RFC 8941 §4.2.2).
    if (member[1] === "sha-256") sha256 = bytesOf(member[2])
    position = SEPARATOR.lastIndex = MEMBER.lastIndex
    const comma = SEPARATOR.exec(text)?.[1] === ","
    position = SEPARATOR.lastIndex
    // Two members without a comma between them, or a comma with nothing after it.
    const atEnd = position === text.length
    if (comma === atEnd) return undefined
  }
  return sha256
}

function bytesOf(bareItem: string | undefined): string | undefined {
  return bareItem?.startsWith(":") ? bareItem.slice(1, -1) : undefined
}

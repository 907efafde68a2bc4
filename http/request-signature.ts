/**
 * Verifies a merchant's call (contract §2) over the raw bytes, before anything in it is parsed.
 *
 * Parsing, signature base and verification are http-message-signatures'. Its `verifyMessage` is not used, only what it is
 * made of: that function takes the time from the machine, tries every signature in the message instead of ours, lets
 * `"@method";req` pass for `"@method"`, and has no look at the body.
 */
import { createHash } from "node:crypto"
import { type ComponentParser, createVerifier, httpbis, type Request } from "http-message-signatures"
import {
  type InnerList,
  type Item,
  isInnerList,
  type Parameters,
  parseDictionary,
  serializeInnerList,
  serializeItem,
} from "structured-headers"
import type { Refusal } from "../api/errors.ts"
import {
  BODY_LIMIT_BYTES,
  formatContentDigest,
  isTimely,
  MAX_SKEW_S,
  NONCE_MAX_LENGTH,
  NONCE_MIN_LENGTH,
  parseKeyId,
  REQUEST_COMPONENTS,
  SIGNATURE_LABEL,
  sha256OfContentDigest,
} from "../api/signature-profile.ts"
import type { RegisteredKey } from "./registered-key.ts"

/** `targetUri` is the configured public address and the route: never made from `Host`. Header names in any case. */
export type ReceivedRequest = {
  method: string
  targetUri: string
  headers: Record<string, string | undefined>
  body: Buffer
}

export type FindKey = (merchantId: string, keyId: string) => Promise<RegisteredKey | undefined>

export type VerifiedRequest =
  | { ok: true; merchantId: string; keyId: string; nonce: string; createdS: number }
  | { ok: false; refusal: Refusal }

/** Far more than anybody needs, far less than a header could hold: each costs a look through all headers. */
const MAX_COMPONENTS = 32

/**
 * Who sent this call, or why it is refused: BODY_TOO_LARGE, SIGNATURE_MISSING, SIGNATURE_INVALID, SIGNATURE_EXPIRED (with
 * `server_time`, unix seconds), KEY_UNKNOWN, DIGEST_MISMATCH. Throws only what `findKey` throws.
 * @param options.explain whether a refused signature is answered with the text that should have been signed; not in
 *   production
 */
export async function verifyRequest(
  message: ReceivedRequest,
  findKey: FindKey,
  nowMs: number,
  options: { explain: boolean },
): Promise<VerifiedRequest> {
  if (message.body.length > BODY_LIMIT_BYTES) return { ok: false, refusal: { code: "BODY_TOO_LARGE" } }
  const headers = lowerCased(message.headers)
  const claim = readClaim(headers)
  if ("code" in claim) return { ok: false, refusal: claim }
  const late = timeProblem(claim, Math.floor(nowMs / 1000))
  if (late) return { ok: false, refusal: late }

  const owner = parseKeyId(claim.keyid)
  if (!owner)
    return { ok: false, refusal: { code: "KEY_UNKNOWN", detail: 'keyid has the form "MERCHANT_ID/KEY_ID"' } }
  const key = await findKey(owner.merchantId, owner.keyId)
  if (!key) return { ok: false, refusal: { code: "KEY_UNKNOWN" } }

  const problem =
    algorithmProblem(claim, key) ??
    digestProblem(headers["content-digest"], message.body) ??
    (await signatureProblem(
      claim,
      key,
      { method: message.method, url: message.targetUri, headers },
      options.explain,
    ))
  return problem
    ? { ok: false, refusal: problem }
    : { ok: true, ...owner, nonce: claim.nonce, createdS: claim.created }
}

/** One name, one value: lines of the same name are one list (RFC 9110 §5.3), whichever way their names are written. */
function lowerCased(headers: ReceivedRequest["headers"]): Record<string, string> {
  const result: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    const key = name.toLowerCase()
    const earlier = result[key]
    result[key] = earlier === undefined ? value : `${earlier}, ${value}`
  }
  return result
}

/** What the message says of its signature: well-formed and complete, but nothing of it is proven yet. */
type Claim = SignedParameters & { covered: InnerList; signature: Buffer }
/** Times in unix seconds. */
type SignedParameters = { created: number; expires?: number; nonce: string; keyid: string; alg?: string }

function readClaim(headers: Record<string, string>): Claim | Refusal {
  for (const name of ["Signature-Input", "Signature"]) {
    if (!headers[name.toLowerCase()]?.trim())
      return { code: "SIGNATURE_MISSING", detail: `no ${name} header` }
  }
  const covered = memberOf(headers, "Signature-Input")
  if ("code" in covered) return covered
  if (!isInnerList(covered)) {
    return invalid(
      `${SIGNATURE_LABEL} in Signature-Input must be a list: ${SIGNATURE_LABEL}=("@method" …);created=…`,
    )
  }
  const member = memberOf(headers, "Signature")
  if ("code" in member) return member
  if (!(member[0] instanceof ArrayBuffer)) {
    return invalid(`${SIGNATURE_LABEL} in Signature must be base64 between colons: ${SIGNATURE_LABEL}=:…:`)
  }
  const problem = coverageProblem(covered[0]) ?? parametersProblem(covered[1])
  if (problem) return problem
  // Their types are what parametersProblem has just looked at; what else the signer added is signed, but not ours.
  const { created, expires, nonce, keyid, alg } = Object.fromEntries(covered[1]) as SignedParameters
  return { covered, signature: Buffer.from(member[0]), created, expires, nonce, keyid, alg }
}

function memberOf(
  headers: Record<string, string>,
  name: "Signature" | "Signature-Input",
): Item | InnerList | Refusal {
  try {
    const member = parseDictionary(headers[name.toLowerCase()] ?? "").get(SIGNATURE_LABEL)
    return member ?? invalid(`no signature labelled ${SIGNATURE_LABEL} in ${name}`)
  } catch (error) {
    return invalid(`${name} is malformed (${messageOf(error)})`)
  }
}

function coverageProblem(components: readonly Item[]): Refusal | undefined {
  if (components.length > MAX_COMPONENTS) return invalid(`at most ${MAX_COMPONENTS} components can be signed`)
  const seen = new Set<string>()
  for (const component of components) {
    const identifier = serializeItem(component)
    if (seen.has(identifier)) return invalid(`component ${identifier} is listed twice`)
    seen.add(identifier)
    const problem = componentProblem(component, identifier)
    if (problem) return problem
  }
  // Compared as serialized, so that `"@method";req` or a bare token is not taken for the component itself.
  const missing = REQUEST_COMPONENTS.find((name) => !seen.has(`"${name}"`))
  return missing ? invalid(`component "${missing}" is not signed`) : undefined
}

/** What RFC 9421 forbids and the library would let pass or read as something else. */
function componentProblem([name, params]: Item, identifier: string): Refusal | undefined {
  if (typeof name !== "string" || name !== name.toLowerCase()) {
    return invalid(`component ${identifier} must be a quoted name in lower case`)
  }
  if (name === "@signature-params") return invalid("@signature-params is always signed and never listed")
  const allowed = name === "@query-param" ? ["name"] : name.startsWith("@") ? [] : ["sf", "key", "bs"]
  const strange = [...params.keys()].find((param) => !allowed.includes(param))
  return strange
    ? invalid(`component ${identifier}: parameter ${strange} is not supported in a request`)
    : undefined
}

function parametersProblem(params: Parameters): Refusal | undefined {
  return (
    secondsProblem(params, "created") ??
    textProblem(params, "nonce") ??
    nonceProblem(params.get("nonce")) ??
    textProblem(params, "keyid") ??
    (params.has("expires") ? secondsProblem(params, "expires") : undefined) ??
    (params.has("alg") ? textProblem(params, "alg") : undefined)
  )
}

function secondsProblem(params: Parameters, name: string): Refusal | undefined {
  if (!params.has(name)) return invalid(`parameter ${name} is missing`)
  return Number.isInteger(params.get(name))
    ? undefined
    : invalid(`parameter ${name} must be unix time in whole seconds`)
}

function textProblem(params: Parameters, name: string): Refusal | undefined {
  if (!params.has(name)) return invalid(`parameter ${name} is missing`)
  return typeof params.get(name) === "string"
    ? undefined
    : invalid(`parameter ${name} must be a quoted string`)
}

function nonceProblem(nonce: unknown): Refusal | undefined {
  const { length } = String(nonce)
  if (length >= NONCE_MIN_LENGTH && length <= NONCE_MAX_LENGTH) return undefined
  return invalid(
    `nonce must have ${NONCE_MIN_LENGTH} to ${NONCE_MAX_LENGTH} characters, this one has ${length}`,
  )
}

function timeProblem({ created, expires }: Claim, nowS: number): Refusal | undefined {
  const data = { server_time: nowS }
  if (!isTimely(created, nowS))
    return { code: "SIGNATURE_EXPIRED", detail: `created is more than ${MAX_SKEW_S} s off`, data }
  if (expires !== undefined && nowS > expires)
    return { code: "SIGNATURE_EXPIRED", detail: "expires has passed", data }
  return undefined
}

function algorithmProblem({ alg }: Claim, key: RegisteredKey): Refusal | undefined {
  if (alg === undefined || alg === key.algorithm) return undefined
  return invalid(`alg is not this key's algorithm, ${key.algorithm}; it may be left out`)
}

function digestProblem(field: string | undefined, body: Buffer): Refusal | undefined {
  if (field === undefined) return { code: "DIGEST_MISMATCH", detail: "no Content-Digest header" }
  const stated = sha256OfContentDigest(field)
  if (stated === undefined)
    return { code: "DIGEST_MISMATCH", detail: "Content-Digest must hold sha-256=:BASE64:" }
  const actual = createHash("sha256").update(body).digest("base64")
  if (stated === actual) return undefined
  return {
    code: "DIGEST_MISMATCH",
    detail: `the ${body.length} bytes received have ${formatContentDigest(actual)}`,
  }
}

async function signatureProblem(
  { covered, signature }: Claim,
  key: RegisteredKey,
  request: Request,
  explain: boolean,
): Promise<Refusal | undefined> {
  const base = signatureBase(covered, request)
  if (typeof base !== "string") return base
  if (await signatureHolds(key, base, signature)) return undefined
  return { code: "SIGNATURE_INVALID", ...(explain ? { data: { expected_signature_base: base } } : {}) }
}

function signatureBase(covered: InnerList, request: Request): string | Refusal {
  const fields = covered[0].map((component) => serializeItem(component))
  let lines: [string, string[]][]
  try {
    lines = httpbis.createSignatureBase({ fields, componentParser: methodAsItCame }, request)
  } catch (error) {
    return invalid(messageOf(error))
  }
  // The base is ASCII (RFC 9421 §2.5), and a line break in a value could pass for a further component.
  const unclean = lines.find(([, values]) => !values.every((value) => /^[\t -~]*$/.test(value)))
  if (unclean)
    return invalid(`component ${unclean[0]} holds characters that cannot be signed: only printable ASCII can`)
  lines.push(['"@signature-params"', [serializeInnerList(covered)]])
  return httpbis.formatSignatureBase(lines)
}

/** Methods are case-sensitive (RFC 9421 §2.2.1); the library would put them in upper case. */
const methodAsItCame: ComponentParser = (name, _params, message) =>
  name === "@method" && "method" in message ? [message.method] : null

async function signatureHolds(key: RegisteredKey, base: string, signature: Buffer): Promise<boolean> {
  try {
    return (await createVerifier(key.publicKey, key.algorithm)(Buffer.from(base), signature)) === true
  } catch {
    // Bytes that are no signature of this kind at all.
    return false
  }
}

function invalid(detail: string): Refusal {
  return { code: "SIGNATURE_INVALID", detail }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Presigned addresses: whoever has one may do what it says, until it ends by the platform's clock.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import type { Credentials } from "./account.ts"
import { S3Refusal } from "./s3-refusal.ts"

export type LinkRequest = {
  method: string /** As in the request line. */
  path: string
  query: URLSearchParams
  host: string
}

const ALGORITHM = "AWS4-HMAC-SHA256"
const LONGEST_S = 7 * 24 * 60 * 60
/** Clocks may differ by as much. */
const EARLY_MS = 15 * 60_000

/** Throws the S3Refusal that S3 would answer. */
export function checkLink(request: LinkRequest, credentials: Credentials, nowMs: number): void {
  const given = (name: string) => request.query.get(`X-Amz-${name}`) ?? ""
  const [accessKeyId, date, region, service, kind] = given("Credential").split("/")
  const signedMs = timeOf(given("Date"))
  const lifeS = Number(given("Expires"))
  if (
    given("Algorithm") !== ALGORITHM ||
    given("SignedHeaders") !== "host" ||
    signedMs === undefined ||
    !(lifeS >= 1 && lifeS <= LONGEST_S) ||
    !date ||
    !given("Date").startsWith(date) ||
    !region ||
    service !== "s3" ||
    kind !== "aws4_request"
  ) {
    throw new S3Refusal(400, "AuthorizationQueryParametersError", "The query is no presigned one")
  }
  if (accessKeyId !== credentials.accessKeyId) {
    throw new S3Refusal(403, "InvalidAccessKeyId", "The access key is not known here")
  }
  if (nowMs + EARLY_MS < signedMs) throw new S3Refusal(403, "AccessDenied", "Request is not valid yet")
  if (nowMs >= signedMs + lifeS * 1000) throw new S3Refusal(403, "AccessDenied", "Request has expired")
  const scope = [date, region, service, kind].join("/")
  const text = [ALGORITHM, given("Date"), scope, sha256Hex(canonical(request))].join("\n")
  const key = [date, region, service, kind].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  )
  if (!equal(hmac(key, text).toString("hex"), given("Signature"))) {
    throw new S3Refusal(403, "SignatureDoesNotMatch", "The signature is not that of the address")
  }
}

function canonical({ method, path, query, host }: LinkRequest): string {
  const parameters = [...query]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
  return [method, path, parameters.join("&"), `host:${host}`, "", "host", "UNSIGNED-PAYLOAD"].join("\n")
}

/** By RFC 3986, which leaves fewer characters as they are than JavaScript does. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** `20260131T235959Z`. */
function timeOf(text: string): number | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(atMs) ? undefined : atMs
}

function sha256Hex(text: string): string {
  return createHash("sha256").update(text).digest("hex")
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest()
}

function equal(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}

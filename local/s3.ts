import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { crc32 } from "node:zlib"
import type { Credentials } from "./account.ts"
import { etagOf, type ObjectFiles, type ObjectFolder, objectFiles } from "./object-files.ts"
import { checkLink } from "./s3-links.ts"
import { escapeXml, listing, listRequestOf } from "./s3-listing.ts"
import { S3Refusal } from "./s3-refusal.ts"

export type S3Surroundings = {
  /** By name; a bucket that is not here does not exist. */
  buckets: Readonly<Record<string, ObjectFolder>>
  credentials: Credentials
  nowMs(): number
}

type Answer = { status: number; headers?: Record<string, string>; body?: string | Buffer }
type Call = {
  request: IncomingMessage
  path: string
  query: URLSearchParams
  files: ObjectFiles
  bucket: string
  key: string
}

/**
 * S3 for these buckets on a free loopback port, as far as the platform uses it: putting (also only where there is none), getting,
 * asking for and listing objects, by the bucket's name in the path. Callers with the platform's access key are believed;
 * presigned addresses are checked. Retention and permissions hold in the cloud only.
 */
export async function startS3(around: S3Surroundings): Promise<{ url: string; close(): Promise<void> }> {
  const files = Object.entries(around.buckets).map(([name, folder]) => [name, objectFiles(folder)] as const)
  const buckets = new Map(files)
  const server = createServer(async (request, response) => {
    const { status, headers, body = "" } = await answer(request, buckets, around)
    const length = String(Buffer.byteLength(body))
    response.writeHead(status, { "content-type": "application/xml", "content-length": length, ...headers })
    response.end(request.method === "HEAD" ? undefined : body)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(
  request: IncomingMessage,
  buckets: ReadonlyMap<string, ObjectFiles>,
  around: S3Surroundings,
): Promise<Answer> {
  try {
    const [path = "", search = ""] = (request.url ?? "").split("?", 2)
    const query = new URLSearchParams(search)
    checkCaller(request, { path, query }, around)
    const [, bucket = "", ...rest] = path.split("/").map(decodeURIComponent)
    const files = buckets.get(bucket)
    if (!files) throw new S3Refusal(404, "NoSuchBucket", "The specified bucket does not exist")
    return await operate({ request, path, query, files, bucket, key: rest.join("/") })
  } catch (fault) {
    return refused(fault instanceof S3Refusal ? fault : new S3Refusal(500, "InternalError", String(fault)))
  }
}

function checkCaller(
  request: IncomingMessage,
  { path, query }: Pick<Call, "path" | "query">,
  { credentials, nowMs }: S3Surroundings,
): void {
  const { authorization, host = "" } = request.headers
  if (authorization?.startsWith(`AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/`)) return
  if (authorization !== undefined || !query.has("X-Amz-Signature")) {
    throw new S3Refusal(403, "AccessDenied", "Access Denied")
  }
  checkLink({ method: request.method ?? "", path, query, host }, credentials, nowMs())
}

async function operate(call: Call): Promise<Answer> {
  const { request, query, key, files, bucket } = call
  if (key === "" && request.method === "GET" && query.get("list-type") === "2") {
    const asked = listRequestOf(bucket, query)
    return { status: 200, body: listing(asked, await files.list(asked.prefix)) }
  }
  if (key !== "" && (request.method === "GET" || request.method === "HEAD")) return get(call)
  if (key !== "" && request.method === "PUT") return put(call)
  throw new S3Refusal(501, "NotImplemented", `${request.method} is not offered here`)
}

async function get({ query, files, key }: Call): Promise<Answer> {
  const found = await files.get(key)
  if (!found) throw new S3Refusal(404, "NoSuchKey", "The specified key does not exist.")
  const disposition = query.get("response-content-disposition")
  return {
    status: 200,
    headers: {
      "content-type": query.get("response-content-type") ?? "application/octet-stream",
      ...(disposition === null ? {} : { "content-disposition": disposition }),
      etag: etagOf(found.body),
      "last-modified": new Date(found.changedMs).toUTCString(),
    },
    body: found.body,
  }
}

async function put({ request, files, key }: Call): Promise<Answer> {
  const { headers } = request
  const streamed = String(headers["x-amz-content-sha256"] ?? "").startsWith("STREAMING")
  if (streamed || headers["x-amz-copy-source"] !== undefined) {
    throw new S3Refusal(501, "NotImplemented", "Bodies in chunks and copies are not offered here")
  }
  const body = Buffer.concat(await request.toArray())
  const checksum = headers["x-amz-checksum-crc32"]
  if (checksum !== undefined && checksum !== crc32Of(body)) {
    throw new S3Refusal(400, "BadDigest", "The checksum is not that of the body")
  }
  if (!(await files.put(key, body, headers["if-none-match"] === "*"))) {
    throw new S3Refusal(412, "PreconditionFailed", "There is an object of that key")
  }
  return { status: 200, headers: { etag: etagOf(body) } }
}

function crc32Of(body: Buffer): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return bytes.toString("base64")
}

function refused({ status, code, message }: S3Refusal): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`
  return { status, body }
}

/**
 * One POST to an address that somebody else chose: to checked IP addresses only, redirects not followed, 5 seconds and 4 KiB
 * in all. What the endpoint says beyond its status goes to who asked and is never kept.
 */
import { Resolver } from "node:dns/promises"
import { type ClientRequest, request as requestHttp } from "node:http"
import { request as requestHttps } from "node:https"
import type { LookupFunction } from "node:net"
import { type AddressRules, checkEndpoint, type ResolveName } from "./endpoint-address.ts"

export type PostSettings = {
  rules: AddressRules
  resolve: ResolveName
  /** From the first question for its address to the last byte of its answer. */
  timeoutMs: number
}

/** What is sent once the address is known in its normal form, which the signature covers. */
export type Compose = (targetUri: string) => Promise<{ headers: Record<string, string>; body: Buffer }>

/** `body` where it ended in time and within those 4 KiB. */
export type PostOutcome = { status: number; body?: Buffer } | { why: string }

const MOST_ANSWER_BYTES = 4 * 1024
const MOST_HEADER_BYTES = 8 * 1024

/** Never throws for what names and endpoints do; only what `compose` throws. */
export async function post(address: string, compose: Compose, settings: PostSettings): Promise<PostOutcome> {
  const deadline = AbortSignal.timeout(settings.timeoutMs)
  const checked = await within(deadline, () => checkEndpoint(address, settings.rules, settings.resolve))
  if (checked === undefined) return { why: "name not resolved" }
  if (!checked.ok) return { why: checked.why }
  checked.url.hash = ""
  const message = await compose(checked.url.href)
  return exchange(checked.url, checked.addresses, message, deadline)
}

/** Undefined where it fails or is not done in time. */
async function within<T>(deadline: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => {
    deadline.addEventListener("abort", () => resolve(undefined), { once: true })
  })
  return Promise.race([work().catch(() => undefined), late])
}

function exchange(
  url: URL,
  addresses: readonly string[],
  { headers, body }: { headers: Record<string, string>; body: Buffer },
  deadline: AbortSignal,
): Promise<PostOutcome> {
  return new Promise((resolve) => {
    const send = url.protocol === "https:" ? requestHttps : requestHttp
    const sending = send(url, {
      method: "POST",
      headers: { ...headers, "Content-Length": String(body.byteLength) },
      // A connection of its own: whose turn it was before must not matter.
      agent: false,
      lookup: pinned(addresses),
      maxHeaderSize: MOST_HEADER_BYTES,
      signal: deadline,
    })
    settle(sending, deadline, (outcome) => {
      resolve(outcome)
      sending.destroy()
    })
    sending.end(body)
  })
}

/** Only the status counts: a 2xx whose body never ends was received all the same. */
function settle(sending: ClientRequest, deadline: AbortSignal, done: (outcome: PostOutcome) => void): void {
  let heard: PostOutcome | undefined
  sending.on("response", (response) => {
    const { statusCode: status = 0 } = response
    heard = { status }
    const chunks: Buffer[] = []
    let bytes = 0
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.byteLength
      if (bytes > MOST_ANSWER_BYTES) done({ status })
      else chunks.push(chunk)
    })
    response.on("end", () => done({ status, body: Buffer.concat(chunks) }))
    for (const event of ["error", "close"]) response.on(event, () => done({ status }))
  })
  sending.on("error", (fault: NodeJS.ErrnoException) => done(heard ?? { why: wordFor(fault, deadline) }))
  // An answer that switches protocols is none.
  sending.on("close", () => done(heard ?? { why: "connection closed" }))
}

/** Gives the checked addresses, whatever name is asked for. IP addresses in a URL are never looked up at all. */
function pinned(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
  return (_hostname, options, callback) => {
    const [first] = found
    if (options.all) callback(null, found)
    else if (first) callback(null, first.address, first.family)
  }
}

/** In words of ours: what an endpoint says could be anything. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection closed",
  EPIPE: "connection closed",
  ETIMEDOUT: "no answer in time",
  EHOSTUNREACH: "not reachable",
  ENETUNREACH: "not reachable",
  HPE_HEADER_OVERFLOW: "answer not readable",
}

function wordFor({ code = "", name }: NodeJS.ErrnoException, deadline: AbortSignal): string {
  if (deadline.aborted || name === "TimeoutError") return "no answer in time"
  if (code.startsWith("HPE_")) return "answer not readable"
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) return "certificate not accepted"
  return WORDS[code] ?? "not reachable"
}

/**
 * By the network's name servers, not the machine's own list of names. Lookups of the system wait in few threads, so that one
 * slow name would hold up all others.
 */
export function nameResolver(): ResolveName {
  return async (hostname) => {
    const resolver = new Resolver({ timeout: 1_500, tries: 2 })
    const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
    return [four, six].flatMap((it) => (it.status === "fulfilled" ? it.value : []))
  }
}

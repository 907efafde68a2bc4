import type { JsonWebKey, KeyObject } from "node:crypto"
import type { Language } from "../api/errors.ts"
import { type ClientClock, SYSTEM_CLOCK } from "./clock.ts"
import { MetroPayError } from "./errors.ts"
import { fetchKeyList } from "./key-list.ts"
import { type PlatformKeySet, PlatformKeys, readPublicKey } from "./platform-keys.ts"
import { readPrivateKey, type Signer, signRequest } from "./sign.ts"
import { type ReceivedAnswer, verifyAnswer } from "./verify-answer.ts"

const API = "/metro/payment/v1/api/qrcode/"

/** The platform answers within 10 s; what takes longer got lost (contract §3). */
const CALL_TIMEOUT_MS = 15_000

export type ConnectionOptions = {
  /** The platform's public address, such as `https://pay.example.com`. */
  baseUrl: string
  merchantId: string
  keyId: string
  /** RSA or ECDSA P-256, PEM or already read. */
  privateKey: string | KeyObject
  /** The platform's public keys, a JWK set. */
  platformKeys: PlatformKeySet
  /** Public half of the platform's root key (PEM or JWK). Without it a changed platform key needs a new `platformKeys`. */
  platformRootKey?: string | JsonWebKey | KeyObject
  /** Language of messages; Chinese unless set. */
  language?: Language
  timeoutMs?: number
  clock?: ClientClock
}

type Outgoing = { method: string; targetUri: string; headers: Record<string, string>; body: Buffer }

/** Sends one signed call and gives its verified answer. It never sends anything twice. */
export class Connection {
  readonly #baseUrl: string
  readonly #signer: Signer
  readonly #keys: PlatformKeys
  readonly #language: Language
  readonly #timeoutMs: number
  readonly #clock: ClientClock

  /** Throws where a key cannot be read. */
  constructor(options: ConnectionOptions) {
    const { merchantId, keyId } = options
    this.#baseUrl = options.baseUrl.replace(/\/+$/, "")
    this.#signer = { merchantId, keyId, privateKey: readPrivateKey(options.privateKey) }
    this.#language = options.language ?? "zh"
    this.#timeoutMs = options.timeoutMs ?? CALL_TIMEOUT_MS
    this.#clock = options.clock ?? SYSTEM_CLOCK
    const rootKey = options.platformRootKey === undefined ? undefined : readPublicKey(options.platformRootKey)
    this.#keys = new PlatformKeys(options.platformKeys, rootKey, (signal) =>
      fetchKeyList(this.#baseUrl, signal),
    )
  }

  /**
   * The `data` of the answer to `POST …/qrcode/{name}`. Throws MetroPayError where it is another code, or no verified
   * answer came within the time-out.
   * @param untilMs monotonic time by which it must be there, if that is sooner
   */
  async call<Output>(
    name: string,
    input: object,
    untilMs: number = Number.POSITIVE_INFINITY,
  ): Promise<Output> {
    const body = Buffer.from(JSON.stringify(input))
    const request = { method: "POST", targetUri: this.#baseUrl + API + name }
    const signature = signRequest({ ...request, body }, this.#signer, this.#clock.nowMs())
    const headers = { "Content-Type": "application/json; charset=utf-8", ...signature }
    const leftMs = Math.max(1, Math.ceil(untilMs - this.#clock.monotonicMs()))
    const signal = AbortSignal.timeout(Math.min(this.#timeoutMs, leftMs))

    const answer = await this.#exchange({ ...request, headers, body }, signal)
    const verified = await verifyAnswer(
      answer,
      { ...request, signatureHeader: signature.Signature },
      (keyId) => this.#keys.find(keyId, this.#clock.nowMs(), signal),
      this.#clock.nowMs(),
    )
    if (!verified.ok) throw new MetroPayError("ANSWER_NOT_VERIFIED", verified.why)
    return dataOf<Output>(answer)
  }

  async #exchange(request: Outgoing, signal: AbortSignal): Promise<ReceivedAnswer> {
    try {
      const response = await fetch(request.targetUri, {
        method: request.method,
        headers: { ...request.headers, "Accept-Language": this.#language },
        body: new Uint8Array(request.body),
        // Whoever redirects is not the platform, and a signature is for one address only.
        redirect: "manual",
        signal,
      })
      const body = Buffer.from(await response.arrayBuffer())
      return { status: response.status, headers: Object.fromEntries(response.headers), body }
    } catch (error) {
      throw new MetroPayError("NO_ANSWER", causeOf(error))
    }
  }
}

type Envelope = { code: string; message?: string; data?: Record<string, unknown>; request_id?: string }

function dataOf<Output>(answer: ReceivedAnswer): Output {
  const envelope = readEnvelope(answer.body)
  if (!envelope) throw new MetroPayError("ANSWER_NOT_VERIFIED", "the answer is no envelope")
  // The platform's word: its signature was verified, and its fields are the contract's.
  if (envelope.code === "SUCCESS") return (envelope.data ?? {}) as Output
  const retryAfter = Number(answer.headers["retry-after"])
  throw new MetroPayError(envelope.code, envelope.message ?? "", {
    status: answer.status,
    requestId: envelope.request_id,
    data: envelope.data,
    retryAfterSeconds: retryAfter > 0 ? retryAfter : undefined,
  })
}

function readEnvelope(body: Buffer): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"))
    const isEnvelope =
      typeof value === "object" && value !== null && "code" in value && typeof value.code === "string"
    return isEnvelope ? (value as Envelope) : undefined
  } catch {
    return undefined
  }
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

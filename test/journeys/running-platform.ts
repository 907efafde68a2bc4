/** A platform of its own for a file of journeys, and the people who use it. */
import assert from "node:assert/strict"
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Platform, startPlatform } from "../../local/platform.ts"
import type { PlatformKeySet } from "../../sdk/platform-keys.ts"
import { signRequest } from "../../sdk/sign.ts"
import { verifyAnswer } from "../../sdk/verify-answer.ts"

export type Running = { platform: Platform; url: string; dataDir: string; stop(): Promise<void> }

export async function runPlatform(options: { speed?: number } = {}): Promise<Running> {
  const dataDir = mkdtempSync(join(tmpdir(), "metro-pay-test-"))
  const platform = await startPlatform({ port: 0, dataDir, speed: options.speed ?? 20, log: () => {} })
  return {
    platform,
    url: platform.url,
    dataDir,
    async stop() {
      await platform.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export type Said = {
  status: number
  code: string
  data: Record<string, unknown>
  message: string
  headers: Headers
}

export type SignedCall = {
  path: string
  body: Buffer
  headers: Record<string, string>
}

/** A merchant's till that signs by the SDK and verifies every answer. */
export class Till {
  readonly url: string
  readonly merchantId: string
  readonly keyId: string
  readonly privateKey: KeyObject
  readonly #keys: PlatformKeySet

  constructor(running: Pick<Running, "url" | "dataDir">, merchantId: string) {
    const folder = join(running.dataDir, "demo", merchantId)
    const merchant = JSON.parse(readFileSync(join(folder, "merchant.json"), "utf8"))
    this.url = running.url
    this.merchantId = merchant.merchant_id
    this.keyId = merchant.key_id
    this.privateKey = createPrivateKey(readFileSync(join(folder, "private_key.pem"), "utf8"))
    this.#keys = JSON.parse(readFileSync(join(running.dataDir, "demo", "platform_keys.json"), "utf8"))
  }

  sign(name: string, input: unknown, nowMs = Date.now()): SignedCall {
    const path = `/metro/payment/v1/api/qrcode/${name}`
    const body = Buffer.isBuffer(input) ? input : Buffer.from(JSON.stringify(input))
    const signer = { merchantId: this.merchantId, keyId: this.keyId, privateKey: this.privateKey }
    const signature = signRequest({ method: "POST", targetUri: this.url + path, body }, signer, nowMs)
    return { path, body, headers: { "Content-Type": "application/json; charset=utf-8", ...signature } }
  }

  async call(name: string, input: unknown, nowMs?: number): Promise<Said> {
    return this.send(this.sign(name, input, nowMs))
  }

  /** Sends what was signed, or what became of it, and insists that the answer is the platform's own. */
  async send(call: SignedCall, nowMs = Date.now()): Promise<Said> {
    const targetUri = this.url + call.path
    const response = await fetch(targetUri, {
      method: "POST",
      headers: call.headers,
      body: new Uint8Array(call.body),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const answer = { status: response.status, headers: Object.fromEntries(response.headers), body: bytes }
    const request = { method: "POST", targetUri, signatureHeader: call.headers.Signature }
    const verified = await verifyAnswer(answer, request, async (kid) => this.#publicKey(kid), nowMs)
    assert.deepEqual(verified, { ...verified, ok: true }, `the answer of ${call.path} is signed`)
    const { code, data, message } = JSON.parse(bytes.toString("utf8"))
    return { status: response.status, code, data, message, headers: response.headers }
  }

  #publicKey(kid: string): KeyObject | undefined {
    const found = this.#keys.keys.find((it) => it.kid === kid)
    return found && createPublicKey({ key: found, format: "jwk" })
  }
}

/** A customer's app. */
export class Phone {
  readonly #url: string
  readonly #token: string

  private constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  static async of(running: Pick<Running, "url">, uid: string): Promise<Phone> {
    const { token } = await helper<{ token: string }>(running, "POST", "/local/token", { uid })
    return new Phone(running.url, token)
  }

  async call(method: string, path: string, body?: unknown): Promise<Omit<Said, "headers">> {
    const response = await fetch(`${this.#url}/metro/payment/v1/app${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const { code, data, message } = (await response.json()) as Said
    return { status: response.status, code, data, message }
  }

  async showCode(payType?: string): Promise<{ qrcode: string; payId: string; expiresAt: string }> {
    const { code, data } = await this.call(
      "POST",
      "/code",
      payType === undefined ? {} : { pay_type: payType },
    )
    assert.equal(code, "SUCCESS")
    return { qrcode: String(data.qrcode), payId: String(data.pay_id), expiresAt: String(data.expires_at) }
  }
}

export async function helper<T>(
  running: Pick<Running, "url">,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(running.url + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  assert.equal(response.status, 200, `${path} answers`)
  return (await response.json()) as T
}

export type Books = { charged: number; returned: number; charges: unknown[]; returns: unknown[] }

export function wechatBooks(running: Pick<Running, "url">, tradeNo: unknown): Promise<Books> {
  return helper<Books>(running, "GET", `/local/channels/wechat/books?order=${tradeNo}`)
}

/** Asks again until it is so; fails after a generous while. */
export async function until<T>(
  ask: () => Promise<T>,
  good: (it: T) => boolean,
  withinMs = 10_000,
): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    const it = await ask()
    if (good(it)) return it
    if (performance.now() > end) assert.fail(`still ${JSON.stringify(it)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

import { createPublicKey } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type PlatformKeySet, PlatformKeys } from "../../sdk/platform-keys.ts"
import { readPrivateKey, type Signer, signRequest } from "../../sdk/sign.ts"
import { type ReceivedAnswer, type SentRequest, verifyAnswer } from "../../sdk/verify-answer.ts"
import type { CallInput, CallName, Exchange } from "./wire.ts"

/** The platform answers within 10 s; what takes longer got lost (contract §3). */
const CALL_TIMEOUT_MS = 15_000
const API = "/metro/payment/v1/api/qrcode/"
const KEY_LIST = "/metro/payment/v1/keys"

export type DemoTill = {
  /** One signed call, sent once; whatever becomes of it is in the exchange. */
  call(name: CallName, input: object, language: CallInput["language"]): Promise<Exchange>
}

type Sent = { status: number; headers: Record<string, string>; body: Buffer }

/**
 * The till of a demo merchant, whose private key stays on this side. It is put together from the client's own parts, since
 * the client shows its callers what an answer says and hides how it travelled, which is what the page shows.
 */
export function openDemoTill(folder: string, baseUrl: string, nowMs: () => number): DemoTill {
  const { signer, keySet, rootKey } = readDemoMerchant(folder)
  const keys = new PlatformKeys(keySet, rootKey, (signal) => fetchKeyList(baseUrl, signal))
  return {
    async call(name, input, language) {
      const sentAtMs = nowMs()
      const body = Buffer.from(JSON.stringify(input))
      const target = { method: "POST", targetUri: `${baseUrl}${API}${name}` }
      const signature = signRequest({ ...target, body }, signer, sentAtMs)
      const headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Accept-Language": language,
        ...signature,
      }
      const signal = AbortSignal.timeout(CALL_TIMEOUT_MS)
      const begunAtMs = performance.now()
      const answer = await send(target.targetUri, { method: "POST", headers, body, signal })
      const tookMs = Math.round(performance.now() - begunAtMs)
      const request = { ...target, signatureHeader: signature.Signature }
      return {
        name,
        sentAt: new Date(sentAtMs).toISOString(),
        tookMs,
        request: {
          method: target.method,
          url: target.targetUri,
          headers,
          body: body.toString(),
          signatureBase: signatureBase(target, signature),
        },
        ...("status" in answer ? { answer: { ...answer, body: answer.body.toString() } } : {}),
        trust: "status" in answer ? await trustIn(answer, request, keys, nowMs(), signal) : answer,
      }
    },
  }
}

type DemoMerchant = { signer: Signer; keySet: PlatformKeySet; rootKey: ReturnType<typeof createPublicKey> }

function readDemoMerchant(folder: string): DemoMerchant {
  const read = (file: string) => readFileSync(join(folder, file), "utf8")
  const merchant = JSON.parse(read("merchant.json"))
  return {
    signer: {
      merchantId: merchant.merchant_id,
      keyId: merchant.key_id,
      privateKey: readPrivateKey(read("private_key.pem")),
    },
    keySet: JSON.parse(read("platform_keys.json")),
    rootKey: createPublicKey({ key: merchant.platform_root_key, format: "jwk" }),
  }
}

/** The lines that were signed, as the headers tell them: a reader can sign them anew and compare. */
function signatureBase(
  { method, targetUri }: { method: string; targetUri: string },
  signature: Record<string, string>,
): string {
  const params = (signature["Signature-Input"] ?? "").replace(/^sig1=/, "")
  return [
    `"@method": ${method}`,
    `"@target-uri": ${targetUri}`,
    `"content-digest": ${signature["Content-Digest"]}`,
    `"@signature-params": ${params}`,
  ].join("\n")
}

type Outgoing = { method: string; headers: Record<string, string>; body?: Buffer; signal: AbortSignal }

async function send(url: string, outgoing: Outgoing): Promise<Sent | { ok: false; why: string }> {
  const { method, headers, body, signal } = outgoing
  try {
    const response = await fetch(url, {
      method,
      headers,
      body: body ? new Uint8Array(body) : null,
      redirect: "manual",
      signal,
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    return { status: response.status, headers: Object.fromEntries(response.headers), body: bytes }
  } catch (fault) {
    return { ok: false, why: fault instanceof Error ? fault.message : String(fault) }
  }
}

async function trustIn(
  answer: ReceivedAnswer,
  request: SentRequest,
  keys: PlatformKeys,
  nowMs: number,
  signal: AbortSignal,
): Promise<Exchange["trust"]> {
  const verified = await verifyAnswer(answer, request, (keyId) => keys.find(keyId, nowMs, signal), nowMs)
  return verified.ok ? { ok: true, keyId: verified.keyId } : { ok: false, why: verified.why }
}

async function fetchKeyList(baseUrl: string, signal: AbortSignal) {
  const request = { method: "GET", targetUri: baseUrl + KEY_LIST }
  const answer = await send(request.targetUri, { method: "GET", headers: {}, signal })
  if (!("status" in answer)) throw new Error(answer.why)
  return { answer, request }
}

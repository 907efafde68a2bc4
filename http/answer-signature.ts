/**
 * Signs the platform's answers (contract §2), each bound to the request it answers. The platform's own keys are RSA, so
 * every answer is `rsa-v1_5-sha256`.
 */
import { createHash, type KeyObject, sign } from "node:crypto"
import { httpbis } from "http-message-signatures"
import { parseDictionary } from "structured-headers"
import {
  ANSWER_COMPONENTS,
  CONTENT_DIGEST_HEADER,
  formatContentDigest,
  REQUEST_SIGNATURE_COMPONENT,
  SIGNATURE_HEADER,
  SIGNATURE_INPUT_HEADER,
  SIGNATURE_LABEL,
} from "../api/signature-profile.ts"

export type AnswerToSign = { status: number; body: Buffer }

/** `signatureHeader` is the request's whole Signature field as it came, good or bad. */
export type AnsweredRequest = { method: string; targetUri: string; signatureHeader?: string }

/** The headers to add to the answer: Content-Digest, Signature-Input, Signature. */
export type SignatureHeaders = Record<string, string>

export function signAnswer(
  answer: AnswerToSign,
  request: AnsweredRequest,
  key: { keyId: string; privateKey: KeyObject },
  nowMs: number,
): SignatureHeaders {
  const draft = draftAnswer(answer, request, key.keyId, nowMs)
  return withSignature(draft, sign("sha256", Buffer.from(draft.base), key.privateKey))
}

/**
 * The same with a key that signs elsewhere: the root key, which never leaves KMS and signs the list of keys.
 * @param key.sign RSASSA-PKCS1-v1_5 with SHA-256 over the bytes given
 */
export async function signAnswerRemotely(
  answer: AnswerToSign,
  request: AnsweredRequest,
  key: { keyId: string; sign: (base: Buffer) => Promise<Buffer> },
  nowMs: number,
): Promise<SignatureHeaders> {
  const draft = draftAnswer(answer, request, key.keyId, nowMs)
  return withSignature(draft, await key.sign(Buffer.from(draft.base)))
}

type Draft = { contentDigest: string; signatureParams: string; base: string }

function draftAnswer(answer: AnswerToSign, request: AnsweredRequest, keyId: string, nowMs: number): Draft {
  const contentDigest = formatContentDigest(createHash("sha256").update(answer.body).digest("base64"))
  const { method, targetUri, signatureHeader } = request
  const bound = hasReadableSignature(signatureHeader)
  const fields = bound ? [...ANSWER_COMPONENTS, REQUEST_SIGNATURE_COMPONENT] : [...ANSWER_COMPONENTS]
  const lines = httpbis.createSignatureBase(
    { fields },
    { status: answer.status, headers: { "content-digest": contentDigest } },
    { method, url: targetUri, headers: bound ? { signature: signatureHeader } : {} },
  )
  const signatureParams = `(${fields.join(" ")});created=${Math.floor(nowMs / 1000)};keyid="${keyId}"`
  lines.push(['"@signature-params"', [signatureParams]])
  return { contentDigest, signatureParams, base: httpbis.formatSignatureBase(lines) }
}

function hasReadableSignature(field: string | undefined): field is string {
  if (!field) return false
  try {
    return parseDictionary(field).get(SIGNATURE_LABEL)?.[0] instanceof ArrayBuffer
  } catch {
    return false
  }
}

function withSignature({ contentDigest, signatureParams }: Draft, signature: Buffer): SignatureHeaders {
  return {
    [CONTENT_DIGEST_HEADER]: contentDigest,
    [SIGNATURE_INPUT_HEADER]: `${SIGNATURE_LABEL}=${signatureParams}`,
    [SIGNATURE_HEADER]: `${SIGNATURE_LABEL}=:${signature.toString("base64")}:`,
  }
}

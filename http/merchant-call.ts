/** A merchant's call: verified over its raw bytes before anything is parsed, answered with a signature. */
import type { KeyObject } from "node:crypto"
import type * as z from "zod"
import type { Language, Refusal } from "../api/errors.ts"
import { signAnswer } from "./answer-signature.ts"
import { type CallFacts, type CallSurroundings, callHandler } from "./call.ts"
import type { OrderFacts } from "./call-log.ts"
import type { Answer } from "./envelope.ts"
import { parseJsonBody } from "./input.ts"
import { Refused } from "./refused.ts"
import { type FindKey, verifyRequest } from "./request-signature.ts"

/** Who calls, once the signature has said so. */
export type MerchantCaller = {
  merchantId: string
  keyId: string
  nonce: string
  nowMs: number
  arrivedMonotonicMs: number
  language: Language
  /** To be told of each order that the call changes: it stands in the call's line. */
  changed(facts: OrderFacts): void
}

export type MerchantEdge = Omit<CallSurroundings, "name" | "seal"> & {
  findKey: FindKey
  answerKey(): Promise<{ keyId: string; privateKey: KeyObject }>
  /** Whether refused signatures are answered with what should have been signed: not in production. */
  explain: boolean
}

export type MerchantCall<T extends z.ZodObject> = {
  name: string
  input: T
  run(input: z.infer<T>, caller: MerchantCaller): Promise<Answer>
}

export function merchantHandler<T extends z.ZodObject>(edge: MerchantEdge, call: MerchantCall<T>) {
  const surroundings: CallSurroundings = {
    ...edge,
    name: call.name,
    seal: async (answer, { method, targetUri, headers }) =>
      signAnswer(
        answer,
        { method, targetUri, signatureHeader: headers.signature },
        await edge.answerKey(),
        edge.nowMs(),
      ),
  }
  return callHandler(
    surroundings,
    async (facts) => {
      const verified = await verifyRequest(facts, edge.findKey, facts.nowMs, { explain: edge.explain })
      if (!verified.ok) throw new Refused(verified.refusal)
      facts.merchantId = verified.merchantId
      facts.keyId = verified.keyId
      facts.nonce = verified.nonce
    },
    async (facts) => {
      const parsed = parseJsonBody(call.input, facts.body, facts.language)
      return parsed.ok ? call.run(parsed.value, callerOf(facts)) : refusal(parsed.refusal)
    },
  )
}

function callerOf({
  merchantId,
  keyId,
  nonce,
  nowMs,
  arrivedMonotonicMs,
  language,
  log,
}: CallFacts): MerchantCaller {
  if (merchantId === undefined || keyId === undefined || nonce === undefined)
    throw new Error("a call got past the signature check unverified")
  return { merchantId, keyId, nonce, nowMs, arrivedMonotonicMs, language, changed: log.changed }
}

function refusal(refused: Refusal): Answer {
  return { ok: false, refusal: refused }
}

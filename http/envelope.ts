import { ERRORS, errorMessage, type Language, type Refusal } from "../api/errors.ts"
import type { OrderFacts } from "./call-log.ts"

/** What a call comes to, before it is put in the envelope. */
export type Answer =
  | {
      ok: true
      data: Record<string, unknown>
      log?: OrderFacts
      /** Called so often, by people who are not even named in it, that a line would tell nothing: refusals and faults do. */
      quiet?: true
    }
  | { ok: false; refusal: Refusal }

export type EnvelopedAnswer = { status: number; headers: Record<string, string>; body: Buffer; code: string }

/** The one envelope of every answer (contract §3), as the bytes that are sent and signed. */
export function envelope(answer: Answer, requestId: string, language: Language): EnvelopedAnswer {
  const headers: Record<string, string> = {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
  }
  if (answer.ok) {
    const message = language === "zh" ? "成功" : "Success"
    const body = { code: "SUCCESS", message, data: answer.data, request_id: requestId }
    return { status: 200, headers, body: Buffer.from(JSON.stringify(body)), code: "SUCCESS" }
  }
  const { refusal } = answer
  const { status } = ERRORS[refusal.code]
  if (refusal.retryAfterSeconds !== undefined) headers["retry-after"] = String(refusal.retryAfterSeconds)
  const message = errorMessage(refusal, language)
  const body = { code: refusal.code, message, data: refusal.data ?? {}, request_id: requestId }
  return { status, headers, body: Buffer.from(JSON.stringify(body)), code: refusal.code }
}

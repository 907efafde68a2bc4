import { ERRORS, type ErrorCode, type RetryAdvice } from "../api/errors.ts"

/** Beside the platform's own codes: no answer came in time, or one that cannot be trusted. */
export type ClientErrorCode = "NO_ANSWER" | "ANSWER_NOT_VERIFIED"

export type ErrorDetails = {
  /** HTTP status; absent where no answer came. */
  status?: number
  requestId?: string
  data?: Record<string, unknown>
  retryAfterSeconds?: number
}

/**
 * A call that did not succeed. `advice` says what to do: "fix" the call; "ask" with orderQuery, since the result is
 * unknown; or send it "again", since nothing happened. `code` may be one that this version of the SDK does not know yet.
 */
export class MetroPayError extends Error {
  readonly code: ErrorCode | ClientErrorCode | (string & {})
  readonly advice: RetryAdvice
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly data: Record<string, unknown>
  readonly retryAfterSeconds: number | undefined

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(`${code}: ${message}`)
    this.name = "MetroPayError"
    this.code = code
    this.status = details.status
    this.requestId = details.requestId
    this.data = details.data ?? {}
    this.retryAfterSeconds = details.retryAfterSeconds
    this.advice = adviceFor(code, details.status)
  }
}

function adviceFor(code: string, status: number | undefined): RetryAdvice {
  if (Object.hasOwn(ERRORS, code)) return ERRORS[code as ErrorCode].advice
  // A later platform's code, or no answer at all: only a clear refusal is one.
  return status !== undefined && status >= 400 && status < 500 ? "fix" : "ask"
}

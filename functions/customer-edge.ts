/** The way in for customers, put together for a deployed function. */
import type { CustomerEdge } from "../http/customer-call.ts"
import { tokenVerifier } from "../http/customer-call.ts"
import type { Environment } from "./environment.ts"
import { clock, random } from "./machine.ts"
import { trace } from "./tracing.ts"

export function customerEdge(environment: Environment): CustomerEdge {
  return {
    publicUrl: environment.publicUrl,
    nowMs: clock.nowMs,
    monotonicMs: clock.monotonicMs,
    newRequestId: random.id,
    trace,
    verifyToken: tokenVerifier(environment.tokens),
  }
}

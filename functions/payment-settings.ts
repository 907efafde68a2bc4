import { DEFAULT_CODE_KINDS, DEFAULT_OWN_PREFIX } from "../domain/payment-code.ts"
import type { PaymentSettings } from "../usecases/ports.ts"

/** Settings of paying (G6). The channel's time-out, the answer's deadline and the lease fit into one another: see ADR 5. */
export const PAYMENT_SETTINGS: PaymentSettings = {
  codeKinds: DEFAULT_CODE_KINDS,
  ownCodePrefix: DEFAULT_OWN_PREFIX,
  wrongCodes: { limit: 100, windowMs: 5 * 60_000 },
  channelTimeoutMs: 7_000,
  answerWithinMs: 9_000,
}

import type { PaymentSettings, WrongCodeStore } from "./ports.ts"

/** The window that counts wrong codes at this moment, and when the next one begins. */
export function wrongCodeWindow(
  { windowMs }: PaymentSettings["wrongCodes"],
  nowMs: number,
): { startMs: number; secondsLeft: number } {
  const startMs = Math.floor(nowMs / windowMs) * windowMs
  return { startMs, secondsLeft: Math.max(1, Math.ceil((startMs + windowMs - nowMs) / 1000)) }
}

/** Counts a wrong code; gives the seconds to wait where the merchant has had too many. */
export async function countWrongCode(
  wrongCodes: WrongCodeStore,
  limits: PaymentSettings["wrongCodes"],
  merchantId: string,
  nowMs: number,
): Promise<{ blockedForSeconds: number } | undefined> {
  const window = wrongCodeWindow(limits, nowMs)
  const count = await wrongCodes.count(merchantId, window.startMs)
  return count > limits.limit ? { blockedForSeconds: window.secondsLeft } : undefined
}

/** Whether a merchant is over the limit at this moment. */
export async function wrongCodesBlocked(
  wrongCodes: WrongCodeStore,
  limits: PaymentSettings["wrongCodes"],
  merchantId: string,
  nowMs: number,
): Promise<{ blockedForSeconds: number } | undefined> {
  const window = wrongCodeWindow(limits, nowMs)
  const count = await wrongCodes.read(merchantId, window.startMs)
  return count >= limits.limit ? { blockedForSeconds: window.secondsLeft } : undefined
}

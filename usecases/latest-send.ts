import type { Lease } from "../domain/order.ts"

/** What a lease must still hold beyond the channel's time-out when something is sent: time to write the result. */
const LEASE_RESERVE_MS = 2_000

/**
 * Until when the holder of a lease may send something that moves money, by wall time: a process that was frozen must not send
 * when somebody else has taken over.
 */
export function latestSendMs(lease: Lease | undefined, timeoutMs: number): number {
  return (lease?.untilMs ?? 0) - timeoutMs - LEASE_RESERVE_MS
}

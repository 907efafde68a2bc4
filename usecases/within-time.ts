import type { Clock, PayChannel } from "./ports.ts"

/** A call with less time than this is not worth beginning: it would most likely end unknown. */
const LEAST_CALL_MS = 1_000

/**
 * The same channel for somebody who has to be done by then: each call waits no longer than is left, and one for which
 * nothing is left is not sent.
 * @param dueMonotonicMs by the clock's monotonic time
 */
export function withinTime(channel: PayChannel, clock: Clock, dueMonotonicMs: number): PayChannel {
  const bounded =
    <R extends { timeoutMs: number }, O>(call: (request: R) => Promise<O>) =>
    async (request: R): Promise<O | { kind: "notSent"; cause: string }> => {
      const timeoutMs = Math.min(request.timeoutMs, dueMonotonicMs - clock.monotonicMs())
      return timeoutMs < LEAST_CALL_MS
        ? { kind: "notSent", cause: "no time left in this step" }
        : call({ ...request, timeoutMs })
    }
  return {
    id: channel.id,
    capabilities: channel.capabilities,
    charge: bounded(channel.charge),
    query: bounded(channel.query),
    reverse: bounded(channel.reverse),
    refund: bounded(channel.refund),
    queryRefund: bounded(channel.queryRefund),
  }
}

/**
 * Whether a merchant's endpoint answers. One that failed again and again is tried from the slow queue only, so that its
 * time-outs hold up nobody who is there. While all is well nothing is written, and little read: what was read is believed for
 * some seconds, and the first failure of a window is what makes functions count.
 */
import type { Endpoint, EndpointHealthStore } from "./notification-ports.ts"

export const ENDPOINT_WINDOW_MS = 5 * 60_000
const LEAST_FAILED = 3
const FAILED_SHARE = 0.5
/** How long what was read is believed. */
const BELIEVED_MS = 5_000
/** Most endpoints that a function remembers; beyond that it starts anew. */
const MOST_REMEMBERED = 10_000

export type EndpointWatch = {
  /** Failed repeatedly, in this window or the one before. */
  troubled(endpoint: Endpoint, nowMs: number): Promise<boolean>
  /** Never throws: it only decides over queues. */
  note(endpoint: Endpoint, received: boolean, nowMs: number): Promise<void>
}

type Known = { atMs: number; troubled: boolean; failing: boolean }

export function endpointWatch(store: EndpointHealthStore): EndpointWatch {
  const known = new Map<string, Known>()
  const windowOf = (nowMs: number) => Math.floor(nowMs / ENDPOINT_WINDOW_MS) * ENDPOINT_WINDOW_MS
  const nameOf = ({ merchantId, host }: Endpoint) => `${merchantId} ${host}`

  async function look(endpoint: Endpoint, nowMs: number): Promise<Known> {
    const windowMs = windowOf(nowMs)
    const seen = await Promise.all(
      [windowMs, windowMs - ENDPOINT_WINDOW_MS].map((it) => store.read(endpoint, it)),
    )
    const troubled = seen.some(
      ({ attempts, failed }) => failed >= LEAST_FAILED && failed >= attempts * FAILED_SHARE,
    )
    return { atMs: nowMs, troubled, failing: seen.some(({ failed }) => failed > 0) }
  }

  return {
    async troubled(endpoint, nowMs) {
      const name = nameOf(endpoint)
      const before = known.get(name)
      if (before && nowMs - before.atMs < BELIEVED_MS && nowMs >= before.atMs) return before.troubled
      const found = await look(endpoint, nowMs)
      if (known.size >= MOST_REMEMBERED) known.clear()
      known.set(name, found)
      return found.troubled
    },

    async note(endpoint, received, nowMs) {
      const name = nameOf(endpoint)
      if (received && !known.get(name)?.failing) return
      const seen = { attempts: 1, failed: received ? 0 : 1 }
      await store.report(endpoint, windowOf(nowMs), seen).catch(() => undefined)
      // What was just added is worth reading before the next attempt.
      known.delete(name)
    },
  }
}

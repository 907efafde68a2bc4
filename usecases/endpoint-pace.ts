/**
 * Whether a merchant's endpoint is quick. A function that waits for a slow one can do nothing else meanwhile, so attempts
 * without proof are made one at a time, and whatever is slow goes the way on which nobody minds waiting. Quick is who says
 * anything at all within a second: a refusal holds up nobody.
 */
import type { Endpoint, EndpointPaceStore } from "./notification-ports.ts"

const QUICK_MS = 1_000
/** How long an endpoint is taken for quick, in the memory of a function and by all of them. */
const BELIEVED_MS = 60_000
const QUICK_FOR_MS = 5 * 60_000
const SLOW_FOR_MS = 60_000
/** Longer than an attempt can take. */
const PROBE_MS = 10_000
/** Most endpoints that a function remembers; beyond that it starts anew. */
const MOST_REMEMBERED = 10_000

export type EndpointPace = {
  /** Whether an attempt may be made where others must not wait for it. Throws where the store fails. */
  mayGoFirst(endpoint: Endpoint, nowMs: number): Promise<boolean>
  /** Notes how long an attempt took, whatever came of it. Never throws: it only decides over queues. */
  note(endpoint: Endpoint, tookMs: number, nowMs: number): Promise<void>
}

export function endpointPace(store: EndpointPaceStore): EndpointPace {
  const quickUntilMs = new Map<string, number>()
  const nameOf = ({ merchantId, host }: Endpoint) => `${merchantId} ${host}`
  const isKnown = (endpoint: Endpoint, nowMs: number) => nowMs < (quickUntilMs.get(nameOf(endpoint)) ?? 0)
  const remember = (endpoint: Endpoint, nowMs: number) => {
    if (quickUntilMs.size >= MOST_REMEMBERED) quickUntilMs.clear()
    quickUntilMs.set(nameOf(endpoint), nowMs + BELIEVED_MS)
  }

  return {
    async mayGoFirst(endpoint, nowMs) {
      if (isKnown(endpoint, nowMs)) return true
      const found = await store.probe(endpoint, nowMs, nowMs + PROBE_MS)
      if (found === "quick") remember(endpoint, nowMs)
      return found !== "busy"
    },

    async note(endpoint, tookMs, nowMs) {
      if (tookMs >= QUICK_MS) {
        quickUntilMs.delete(nameOf(endpoint))
        await store.setSlow(endpoint, nowMs + SLOW_FOR_MS).catch(() => undefined)
      } else if (!isKnown(endpoint, nowMs)) {
        remember(endpoint, nowMs)
        await store.setQuick(endpoint, nowMs + QUICK_FOR_MS).catch(() => undefined)
      }
    },
  }
}

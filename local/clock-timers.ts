import type { PlatformClock } from "./clock.ts"

/** Waits that end by the platform's clock: at once when it is moved past them. */
export type ClockTimers = {
  /** Calls `action` once, when the clock has come to that time; never within this call. Gives back how to call it off. */
  at(dueMs: number, action: () => void): () => void
  /** The same, that long from now. */
  after(ms: number, action: () => void): () => void
  /** Rejects with the signal's reason when that is aborted before. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Calls off everything that still waits. */
  close(): void
}

type Waiting = { dueMs: number; action: () => void; timer?: NodeJS.Timeout }

/** Longest that a timer of Node's can wait; what is later is looked at again. */
const LONGEST_MS = 2 ** 31 - 1

export function clockTimers(clock: PlatformClock): ClockTimers {
  const waiting = new Set<Waiting>()
  const arm = (it: Waiting) => {
    it.timer = setTimeout(() => wake(it), Math.min(Math.max(it.dueMs - clock.nowMs(), 0), LONGEST_MS))
  }
  const wake = (it: Waiting) => {
    clearTimeout(it.timer)
    // What was woken before may have called this one off.
    if (!waiting.has(it)) return
    if (it.dueMs > clock.nowMs()) return arm(it)
    waiting.delete(it)
    it.action()
  }
  const unfollow = clock.follow(() => {
    for (const it of [...waiting].sort((one, other) => one.dueMs - other.dueMs)) wake(it)
  })
  const at = (dueMs: number, action: () => void) => {
    const it: Waiting = { dueMs, action }
    waiting.add(it)
    arm(it)
    return () => {
      clearTimeout(it.timer)
      waiting.delete(it)
    }
  }
  const after = (ms: number, action: () => void) => at(clock.nowMs() + ms, action)
  return {
    at,
    after,
    async sleep(ms, signal) {
      signal.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const callOff = after(ms, () => {
          signal.removeEventListener("abort", onAbort)
          resolve()
        })
        const onAbort = () => {
          callOff()
          reject(signal.reason)
        }
        signal.addEventListener("abort", onAbort, { once: true })
      })
    },
    close() {
      unfollow()
      for (const { timer } of waiting) clearTimeout(timer)
      waiting.clear()
    },
  }
}

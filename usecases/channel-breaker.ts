/**
 * The breaker (design §2, "Limits of an outage"): a channel account that does not answer is not asked to charge any more, so
 * that tills hear "try again" at once instead of waiting for silence, and no order is begun that would only have to be undone.
 *
 * The counts are shared by all functions and cost nothing while the channel answers: the first silence of a window is what
 * makes the others add their answered calls too. Windows follow one another, so the first calls of each are the probe that
 * finds the channel back.
 */
import type { ChannelAccount, ChannelHealth, ChannelHealthStore } from "./ports.ts"

const WINDOW_MS = 30_000
const LEAST_CALLS = 20
const UNANSWERED_SHARE = 0.5

export type ChannelBreaker = {
  /** Start of the window that counts now. */
  windowStartMs(nowMs: number): number
  /** Seconds until the account is tried again; undefined while it is. */
  openForSeconds(account: ChannelAccount, nowMs: number): number | undefined
  /** Takes in the shared counts; says whether they open the breaker. */
  learn(account: ChannelAccount, health: ChannelHealth, nowMs: number): boolean
  /** Notes a call that was answered, whatever was said, or that met silence. Never throws. */
  note(account: ChannelAccount, answered: boolean, nowMs: number): Promise<void>
}

/** What this function knows of an account in one window. */
type Seen = { windowMs: number; open: boolean; troubled: boolean; answered: number }

export function channelBreaker(store: ChannelHealthStore): ChannelBreaker {
  const accounts = new Map<string, Seen>()
  const windowStartMs = (nowMs: number) => Math.floor(nowMs / WINDOW_MS) * WINDOW_MS

  function seenOf(account: ChannelAccount, nowMs: number): Seen {
    const name = `${account.merchantId} ${account.channel} ${account.accountId}`
    const windowMs = windowStartMs(nowMs)
    const known = accounts.get(name)
    if (known?.windowMs === windowMs) return known
    const fresh = { windowMs, open: false, troubled: false, answered: 0 }
    accounts.set(name, fresh)
    return fresh
  }

  return {
    windowStartMs,

    openForSeconds(account, nowMs) {
      const { open, windowMs } = seenOf(account, nowMs)
      return open ? Math.max(1, Math.ceil((windowMs + WINDOW_MS - nowMs) / 1000)) : undefined
    },

    learn(account, { calls, unanswered }, nowMs) {
      const seen = seenOf(account, nowMs)
      seen.troubled = true
      seen.open ||= calls >= LEAST_CALLS && unanswered >= calls * UNANSWERED_SHARE
      return seen.open
    },

    async note(account, answered, nowMs) {
      const seen = seenOf(account, nowMs)
      if (answered) seen.answered += 1
      else seen.troubled = true
      if (!seen.troubled) return
      const report = { calls: seen.answered + (answered ? 0 : 1), unanswered: answered ? 0 : 1 }
      seen.answered = 0
      await store.report(account, seen.windowMs, report).catch(() => undefined)
    },
  }
}

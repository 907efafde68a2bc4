/**
 * The breaker (design §2, "Limits of an outage"): a channel account that does not answer is not asked to charge any more, so
 * that tills hear "try again" at once instead of waiting for silence, and no order is begun that would only have to be undone.
 *
 * The counts are shared by all functions and cost nothing while the channel answers: a function adds what it saw only when
 * it meets silence. Windows follow one another, so the first calls of each are the probe that finds the channel back.
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

export function channelBreaker(store: ChannelHealthStore): ChannelBreaker {
  const openUntilMs = new Map<string, number>()
  const answeredHere = new Map<string, number>()
  const windowStartMs = (nowMs: number) => Math.floor(nowMs / WINDOW_MS) * WINDOW_MS
  return {
    windowStartMs,

    openForSeconds(account, nowMs) {
      const leftMs = (openUntilMs.get(nameOf(account)) ?? 0) - nowMs
      return leftMs > 0 ? Math.ceil(leftMs / 1000) : undefined
    },

    learn(account, { calls, unanswered }, nowMs) {
      const opens = calls >= LEAST_CALLS && unanswered >= calls * UNANSWERED_SHARE
      if (opens) openUntilMs.set(nameOf(account), windowStartMs(nowMs) + WINDOW_MS)
      return opens
    },

    async note(account, answered, nowMs) {
      const name = nameOf(account)
      const before = answeredHere.get(name) ?? 0
      answeredHere.set(name, answered ? before + 1 : 0)
      if (answered) return
      const seen = { calls: before + 1, unanswered: 1 }
      await store.report(account, windowStartMs(nowMs), seen).catch(() => undefined)
    },
  }
}

function nameOf({ merchantId, channel, accountId }: ChannelAccount): string {
  return `${merchantId} ${channel} ${accountId}`
}

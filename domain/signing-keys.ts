/**
 * The life of the keys that answers are signed with (ADR 0018). A key is published a day before it signs and a day after it
 * was replaced, so that no list a merchant keeps that long misses the key of an answer. What a key is at a moment follows
 * from its times alone: nothing needs to run at that moment, and all functions agree.
 */

/** In milliseconds of wall time. */
export type SigningTimes = {
  publishedAtMs: number
  signsFromMs: number
  /** When its successor begins to sign; absent while it has none. */
  retiredAtMs?: number
  /** Compromised: it is published no longer than it signs. */
  withdrawn?: boolean
}

export type IdentifiedKey = SigningTimes & { keyId: string }

/** `replaced`: it signs no more and is still published. `gone`: nothing that it signed is believed any more. */
export type SigningState = "next" | "signing" | "replaced" | "gone"

const DAY_MS = 86_400_000
/** How long a key is published before it signs. */
export const NOTICE_MS = DAY_MS
/** How long it is published after it was replaced. */
export const KEPT_MS = DAY_MS
/**
 * How soon the successor of a compromised key signs: two looks of a warm function at the keys (functions/secrets.ts).
 * Sooner, functions would go on signing with a key that merchants no longer find in the list.
 */
export const HANDOVER_MS = 10 * 60_000

export function signingState(key: SigningTimes, nowMs: number): SigningState {
  if (nowMs < key.signsFromMs) return "next"
  if (key.retiredAtMs === undefined || nowMs < key.retiredAtMs) return "signing"
  return !key.withdrawn && nowMs < key.retiredAtMs + KEPT_MS ? "replaced" : "gone"
}

/** The key that signs: the last one whose time has come, or the first where the clock is behind all of them. */
export function signerAt<K extends SigningTimes>(keys: readonly K[], nowMs: number): K {
  const [first, ...later] = [...keys].sort((one, other) => one.signsFromMs - other.signsFromMs)
  if (!first) throw new Error("there is no key to sign answers with")
  return later.findLast((key) => key.signsFromMs <= nowMs) ?? first
}

/** Those in the list that merchants fetch. */
export function publishedAt<K extends SigningTimes>(keys: readonly K[], nowMs: number): K[] {
  return keys.filter((key) => signingState(key, nowMs) !== "gone")
}

/** The key that is published and does not sign yet. */
export function nextSigner<K extends SigningTimes>(keys: readonly K[], nowMs: number): K | undefined {
  return keys.find((key) => signingState(key, nowMs) === "next")
}

/** The keys with one more, which signs from then on. There must be no other that waits to sign. */
export function withSuccessor<K extends IdentifiedKey>(
  keys: readonly K[],
  successor: Omit<K, keyof SigningTimes>,
  { nowMs, signsFromMs }: { nowMs: number; signsFromMs: number },
): K[] {
  if (nextSigner(keys, nowMs)) throw new Error("a key waits to sign already")
  const present = signerAt(keys, nowMs)
  const added = { ...successor, publishedAtMs: nowMs, signsFromMs } as K
  return [...keys.map((key) => (key === present ? { ...key, retiredAtMs: signsFromMs } : key)), added]
}

/** A key that never came to sign is left out as if it had never been. */
export function withoutNext<K extends IdentifiedKey>(keys: readonly K[], nowMs: number): K[] {
  const next = nextSigner(keys, nowMs)
  if (!next) return [...keys]
  return keys
    .filter((key) => key !== next)
    .map((key) => (key.retiredAtMs === next.signsFromMs ? { ...key, retiredAtMs: undefined } : key))
}

/** Ends a compromised key that signs: its successor, which must be there, takes over as soon as all can know it. */
export function withHandover<K extends IdentifiedKey>(keys: readonly K[], nowMs: number): K[] {
  const present = signerAt(keys, nowMs)
  const next = nextSigner(keys, nowMs)
  if (!next) throw new Error("a key that is handed over needs a successor")
  const takesOverAtMs = Math.min(next.signsFromMs, nowMs + HANDOVER_MS)
  return keys.map((key) => {
    if (key === present) return { ...key, retiredAtMs: takesOverAtMs, withdrawn: true }
    return key === next ? { ...key, signsFromMs: takesOverAtMs } : key
  })
}

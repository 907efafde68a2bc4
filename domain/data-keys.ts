/**
 * The life of the keys that secrets in tables are sealed under (ADR 0018). A new version is there a day before anything is
 * sealed under it, so that every function can open what another one seals, and opens for a day after it was retired.
 */

/** In milliseconds of wall time. */
export type DataKeyTimes = {
  /** Counts from 1. */
  version: number
  madeAtMs: number
  sealsFromMs: number
  retiredAtMs?: number
}

/** `opening`: it seals nothing new. `retired`: nothing is sealed under it any more, nor opened. */
export type DataKeyState = "next" | "sealing" | "opening" | "retired"

const DAY_MS = 86_400_000
/** How long a version is known before it seals. */
export const SEALING_NOTICE_MS = DAY_MS
/** How long a retired version still opens what a function may hold in memory. */
const STILL_OPENS_MS = DAY_MS

/** The version that seals: the newest whose time has come, or the first where the clock is behind all of them. */
export function sealingKey<K extends DataKeyTimes>(keys: readonly K[], nowMs: number): K {
  const [first, ...later] = keys
    .filter((key) => key.retiredAtMs === undefined)
    .sort((one, other) => one.version - other.version)
  if (!first) throw new Error("there is no data key to seal under")
  return later.findLast((key) => key.sealsFromMs <= nowMs) ?? first
}

export function dataKeyState(keys: readonly DataKeyTimes[], key: DataKeyTimes, nowMs: number): DataKeyState {
  if (key.retiredAtMs !== undefined) return "retired"
  if (nowMs < key.sealsFromMs) return "next"
  return sealingKey(keys, nowMs).version === key.version ? "sealing" : "opening"
}

/** Those that values are opened under. */
export function openingKeys<K extends DataKeyTimes>(keys: readonly K[], nowMs: number): K[] {
  return keys.filter((key) => key.retiredAtMs === undefined || nowMs < key.retiredAtMs + STILL_OPENS_MS)
}

/** The one that is known and does not seal yet. */
export function nextDataKey<K extends DataKeyTimes>(keys: readonly K[], nowMs: number): K | undefined {
  return keys.find((key) => dataKeyState(keys, key, nowMs) === "next")
}

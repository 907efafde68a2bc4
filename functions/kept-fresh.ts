/** After so long a warm function looks again; a new key is known a day before it is used (ADR 0018). */
export const LOOK_AGAIN_AFTER_MS = 5 * 60_000
/** After a look that failed. */
const TRY_AGAIN_AFTER_MS = 30_000
/** Who asks for something that is not there yet has it looked for, at most this often. */
const LOOK_NOW_AFTER_MS = 1_000
/** After so long asleep a function is as good as new: what it holds may have been replaced twice, so it waits for a look. */
const TOO_OLD_MS = 86_400_000

export type KeptFresh<T> = {
  /** What is held; looks again in the background where that was long ago. Waits only where nothing is held, or for a day. */
  get(): Promise<T>
  /** After a look, unless one was just made. What is held where it fails. */
  getNow(): Promise<T>
}

/**
 * Holds what `load` gives and looks again from time to time, behind the calls that use it. A look that fails harms no call:
 * they go on with what is held, and `onFault` is told. Only the first look can fail its caller, and the next call tries
 * again then.
 */
export function keptFresh<T>(
  load: (nowMs: number) => Promise<T>,
  { nowMs, onFault }: { nowMs(): number; onFault(fault: unknown): void },
): KeptFresh<T> {
  let held: { value: T; atMs: number } | undefined
  let looking: Promise<T> | undefined
  let lookedAtMs = Number.NEGATIVE_INFINITY

  function look(): Promise<T> {
    looking ??= (async () => {
      const atMs = nowMs()
      lookedAtMs = atMs
      try {
        const value = await load(atMs)
        held = { value, atMs }
        return value
      } catch (fault) {
        if (!held) throw fault
        onFault(fault)
        return held.value
      } finally {
        looking = undefined
      }
    })()
    return looking
  }

  return {
    async get() {
      if (!held) return look()
      const { value, atMs } = held
      // Clocks may also be put back a little.
      const ageMs = Math.abs(nowMs() - atMs)
      if (ageMs < LOOK_AGAIN_AFTER_MS) return value
      const due = looking !== undefined || Math.abs(nowMs() - lookedAtMs) >= TRY_AGAIN_AFTER_MS
      if (!due) return value
      const looked = look()
      return ageMs < TOO_OLD_MS ? value : looked
    },

    async getNow() {
      if (held && !looking && Math.abs(nowMs() - lookedAtMs) < LOOK_NOW_AFTER_MS) return held.value
      return look()
    },
  }
}

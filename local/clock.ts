import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { StartFault } from "./start-fault.ts"

/** Latest moment that a Date can hold. */
const END_OF_TIME_MS = 8_640_000_000_000_000

/** The platform's own time: the machine's, moved forward by an offset that survives restarts. */
export type PlatformClock = {
  nowMs(): number
  offsetMs(): number
  /** Moves the clock forward; answers the new time. Throws RangeError for what is not forward. */
  advance(ms: number): number
  /** `follower` gets each new offset. Gives back how to stop following. */
  follow(follower: (offsetMs: number) => Promise<void> | void): () => void
  /** Resolves once all followers have every move made so far. */
  followed(): Promise<void>
}

/** The clock whose offset is kept in that file. A file that cannot be read is a StartFault: time must not jump back. */
export function openClock(file: string): PlatformClock {
  let offsetMs = readOffset(file)
  let told: Promise<unknown> = Promise.resolve()
  const followers = new Set<(offsetMs: number) => Promise<void> | void>()
  const nowMs = () => Date.now() + offsetMs
  return {
    nowMs,
    offsetMs: () => offsetMs,
    advance(ms) {
      if (!Number.isSafeInteger(ms) || ms < 0 || nowMs() + ms > END_OF_TIME_MS) {
        throw new RangeError("The clock moves forward only, by whole milliseconds")
      }
      keepOffset(file, offsetMs + ms)
      offsetMs += ms
      told = Promise.all([told, ...[...followers].map((follower) => follower(offsetMs))])
      return nowMs()
    },
    follow(follower) {
      followers.add(follower)
      return () => followers.delete(follower)
    },
    async followed() {
      await told
    },
  }
}

function readOffset(file: string): number {
  let text: string
  try {
    text = readFileSync(file, "utf8")
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === "ENOENT") return 0
    throw new StartFault(`cannot read the platform's clock in ${file}: ${(fault as Error).message}`)
  }
  const kept = parseOffset(text)
  if (kept === undefined)
    throw new StartFault(`the platform's clock in ${file} is damaged: remove it or start with --reset`)
  return kept
}

function parseOffset(text: string): number | undefined {
  try {
    const { offsetMs } = JSON.parse(text) as { offsetMs?: unknown }
    return Number.isSafeInteger(offsetMs) && (offsetMs as number) >= 0 ? (offsetMs as number) : undefined
  } catch {
    return undefined
  }
}

/** Written beside and renamed, so that a kill leaves the old offset or the new one. */
function keepOffset(file: string, offsetMs: number): void {
  writeFileSync(`${file}.new`, JSON.stringify({ offsetMs }))
  renameSync(`${file}.new`, file)
}

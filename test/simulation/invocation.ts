/** A function that something other than a till calls: it may fail, die or take too long, and its caller learns of that. */

import type { PlatformPorts } from "./process-ports.ts"
import { InjectedFault } from "./processes.ts"
import type { World } from "./world.ts"

/** What the functions behind queues, streams and workflows have at most. */
const FUNCTION_TIMEOUT_MS = 12_000

export type Invoked<T> = { ok: true; value: T } | { ok: false }

/** @param about the order it is about, or another word for the story */
export async function invoke<T>(
  world: World,
  kind: string,
  about: string,
  work: (ports: PlatformPorts) => Promise<T>,
): Promise<Invoked<T>> {
  const { process, ports } = world.startProcess(kind, about)
  const died = new Promise<Invoked<T>>((resolve) => {
    process.onDeath = () => resolve({ ok: false })
  })
  const timer = new AbortController()
  const tooLong = world.time.sleep(FUNCTION_TIMEOUT_MS, timer.signal).then(
    (): Invoked<T> => ({ ok: false }),
    () => new Promise<never>(() => {}),
  )
  const done = work(ports).then(
    (value): Invoked<T> => ({ ok: true, value }),
    (fault): Invoked<T> => {
      if (!(fault instanceof InjectedFault)) world.violations.push(`${process.name} fell over: ${fault}`)
      return { ok: false }
    },
  )
  const result = await Promise.race([done, died, tooLong])
  timer.abort()
  // Past its time a function is stopped, wherever it is.
  process.dead = true
  return result
}

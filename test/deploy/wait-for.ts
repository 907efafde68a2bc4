import { setTimeout as sleep } from "node:timers/promises"

const LOOK_EVERY_MS = 250

/** Looks until it is so. Throws where that takes longer; `what` is a noun, for the fault. */
export async function waitFor(what: string, withinMs: number, look: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + withinMs
  while (!(await look())) {
    if (performance.now() > untilMs) throw new Error(`${what} does not come`)
    await sleep(LOOK_EVERY_MS)
  }
}

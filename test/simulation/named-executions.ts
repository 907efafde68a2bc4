/** Executions of a workflow, named after what they are about and a generation; a name is used once. */
import type { World } from "./world.ts"

export type Started = "started" | "running" | "ended"
export type Start = (about: string, generation: number) => Promise<Started>
export type End = "succeeded" | "failed" | "timed out"

const MOST_GENERATIONS = 50

/** @param kind for the tally */
export function namedExecutions(
  world: () => World,
  kind: string,
  execute: (world: World, about: string) => Promise<End>,
  bringBack: (world: World, about: string, end: End) => Promise<void>,
): Start {
  const running = new Map<string, boolean>()
  return async (about, generation) => {
    const name = `${about}-${generation}`
    const known = running.get(name)
    if (known !== undefined) return known ? "running" : "ended"
    running.set(name, true)
    world().count(generation === 1 ? `${kind}: first generation` : `${kind}: later generation`)
    void execute(world(), about).then((end) => {
      running.set(name, false)
      world().count(`${kind}: ${end}`)
      if (end !== "succeeded") world().time.after(2_000, () => void bringBack(world(), about, end))
    })
    return "started"
  }
}

/** One is under way: where a name is taken by one that has ended, the next generation is started. */
export async function ensureRunning(start: Start, about: string): Promise<void> {
  for (let generation = 1; generation <= MOST_GENERATIONS; generation++) {
    if ((await start(about, generation)) !== "ended") return
  }
  throw new Error(`${about} was gone on with ${MOST_GENERATIONS} times and is not final`)
}

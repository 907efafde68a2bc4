import { MissingPart } from "./missing-part.ts"

const startedMs = performance.now()

/** Does it, and says in a line what was done and how long it took. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const beganMs = performance.now()
  try {
    const result = await work()
    console.log(`${secondsSince(beganMs)}  ${what}`)
    return result
  } catch (fault) {
    if (!(fault instanceof MissingPart)) console.log(`${secondsSince(beganMs)}  failed: ${what}`)
    throw fault
  }
}

export function sayTotal(): void {
  console.log(`${secondsSince(startedMs)}  in all`)
}

function secondsSince(ms: number): string {
  return `${((performance.now() - ms) / 1_000).toFixed(1).padStart(6)} s`
}

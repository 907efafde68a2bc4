/** Randomness from a seed: the same seed plays the same run, to the last message. */
export type Seeded = {
  /** 0 ≤ value < 1. */
  next(): number
  /** A whole number, both ends included. */
  between(least: number, most: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  digits(count: number): string
}

/** The splitmix32 generator: small, fast, and good enough to spread choices. Nothing here is secret. */
export function seededRandom(seed: number): Seeded {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    mixed ^= mixed >>> 15
    return (mixed >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick(from) {
      const found = from[between(0, from.length - 1)]
      if (found === undefined) throw new Error("nothing to pick from")
      return found
    },
    digits: (count) => Array.from({ length: count }, () => between(0, 9)).join(""),
  }
}

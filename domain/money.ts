/** Money is an integer number of fen (1/100 yuan). Nothing here ever sees a fraction. */
export type Fen = number

/** The most one order may ask for: one million yuan (contract §3). */
export const MAX_TOTAL_FEN = 100_000_000

export function isFen(value: unknown): value is Fen {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
}

/** Throws on what is no amount: a fault of ours or of a channel, never of a merchant (their input is parsed at the edge). */
export function assertFen(value: unknown, what: string): Fen {
  if (!isFen(value)) throw new RangeError(`${what} is not an amount in fen`)
  return value
}

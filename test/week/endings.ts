/** How the orders ended, by the contract's odd endings (§5), and whether one ended as its ending never may. */
import type { CountedOrder } from "./recount.ts"

/** Whatever dies and whoever reverses: of these no money is ever taken, and of the last it is taken and goes back. */
const NEVER_TAKEN = new Set([901, 903, 905])
const TAKEN_TOO_LATE = 908

export function endingOf(totalFen: number): number | undefined {
  const digits = totalFen % 1_000
  return digits >= 901 && digits <= 910 ? digits : undefined
}

/** In plain words. */
export function checkEnding({ order, books }: CountedOrder): string[] {
  const ending = endingOf(order.sale.totalFen)
  if (ending === undefined) return []
  const name = `${order.sale.merchantId} ${order.sale.outRequestNo}, which ends in ${ending}`
  if (NEVER_TAKEN.has(ending) && books.charged > 0) return [`${name}: ${books.charged} fen were taken`]
  const neverPaid = NEVER_TAKEN.has(ending) || ending === TAKEN_TOO_LATE
  return neverPaid && order.paid ? [`${name}: the till was told that it is paid`] : []
}

/** A line for each ending: how many orders came out how. */
export function endingsInWords(counted: readonly CountedOrder[]): string[] {
  const byEnding = Map.groupBy(counted, ({ order }) => endingOf(order.sale.totalFen) ?? "else")
  return [...byEnding]
    .sort(([one], [other]) => (String(one) < String(other) ? -1 : 1))
    .map(([ending, orders]) => `  ends in ${ending}: ${outcomes(orders)}`)
}

function outcomes(orders: readonly CountedOrder[]): string {
  const byOutcome = Map.groupBy(orders, outcomeOf)
  return [...byOutcome]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([outcome, those]) => `${those.length} ${outcome}`)
    .join(", ")
}

function outcomeOf({ order, surplusFen }: CountedOrder): string {
  const why = order.reversing ? " (reversed)" : ""
  return `${order.status}${why}${surplusFen > 0 ? ", taken and given back" : ""}`
}

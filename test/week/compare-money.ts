/** The money in all books is the sum over all bills; what was charged and given back whole stands in neither total. */
import type { ShownBill } from "./compare-bills.ts"
import { type CountedOrder, sum } from "./recount.ts"

/** Differences in plain words. */
export function compareMoney(counted: readonly CountedOrder[], bills: readonly ShownBill[]): string[] {
  const infos = bills.flatMap((bill) => bill.infos)
  const surplusFen = sum(counted.map((it) => it.surplusFen))
  const inBooks = {
    taken: sum(counted.map(({ books }) => books.charged)) - surplusFen,
    "given back": sum(counted.map(({ books }) => books.returned)) - surplusFen,
  }
  const inBills = {
    taken: sum(infos.map((it) => it.total_amount)),
    "given back": sum(infos.map((it) => it.reverse_amount + it.refund_amount)),
  }
  return (["taken", "given back"] as const).flatMap((what) =>
    inBooks[what] === inBills[what]
      ? []
      : [`${what} in all books: ${inBooks[what]} fen; in all bills: ${inBills[what]} fen`],
  )
}

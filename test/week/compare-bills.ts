/** Holds the bills against the recount: every movement in exactly one bill, as it was, and every total up to the fen. */
import type { FetchedBill } from "./fetch-bill.ts"
import type { ExpectedLine } from "./recount.ts"

export type ShownBill = Pick<FetchedBill, "merchantId" | "day" | "infos" | "lines">

/** The cells that a line and the recount have in common. */
const CELLS = [
  "kind",
  "date",
  "time",
  "pay_type",
  "amount",
  "store_id",
  "out_request_no",
  "pay_out_trade_no",
  "out_refund_no",
  "pay_refund_id",
] as const

/** Differences in plain words. */
export function compareBills(expected: readonly ExpectedLine[], bills: readonly ShownBill[]): string[] {
  const found: string[] = []
  const places = new Map<string, ShownBill[]>()
  const byIdentity = new Map(expected.map((line) => [identityOf(line.merchantId, line), line]))
  for (const bill of bills) {
    for (const line of bill.lines) {
      const identity = identityOf(bill.merchantId, line)
      places.set(identity, [...(places.get(identity) ?? []), bill])
      const wanted = byIdentity.get(identity)
      if (!wanted) found.push(`${nameOf(bill)} has a line for what never moved: ${identity}`)
      else found.push(...compareLine(bill, line, wanted))
    }
  }
  for (const identity of byIdentity.keys()) {
    const where = places.get(identity) ?? []
    if (where.length === 0) found.push(`${identity} stands in no bill`)
    if (where.length > 1) found.push(`${identity} stands in ${where.map(nameOf).join(" and ")}`)
  }
  const billOf = (identity: string) => places.get(identity)?.[0]
  return [...found, ...bills.flatMap((bill) => compareTotals(bill, recounted(bill, byIdentity, billOf)))]
}

function compareLine(
  bill: ShownBill,
  line: Readonly<Record<string, string>>,
  wanted: ExpectedLine,
): string[] {
  const name = `${nameOf(bill)}, ${identityOf(bill.merchantId, line)}`
  const found = CELLS.filter((cell) => line[cell] !== String(wanted[cell])).map(
    (cell) => `${name}: ${cell} is ${line[cell]} and should be ${wanted[cell]}`,
  )
  const late = line.date === bill.day ? "" : line.date
  if (line.late_of !== late) found.push(`${name}: late_of is "${line.late_of}" and should be "${late}"`)
  if (line.date !== undefined && line.date > bill.day) found.push(`${name}: it moved after the bill's day`)
  if (line.fee !== "0" || line.coupon_fee !== "0")
    found.push(`${name}: nobody granted or kept anything of it`)
  return found
}

/** What of the recount the bill should tell: of its own day, and late ones that the file has in it. */
function recounted(
  bill: ShownBill,
  byIdentity: ReadonlyMap<string, ExpectedLine>,
  billOf: (identity: string) => ShownBill | undefined,
): ExpectedLine[] {
  return [...byIdentity].flatMap(([identity, line]) => {
    const elsewhere = billOf(identity)
    const mine = elsewhere
      ? elsewhere === bill
      : line.merchantId === bill.merchantId && line.date === bill.day
    return mine ? [line] : []
  })
}

/** Counts and amounts by pay type, of the recount and of the file's own lines, against what `bill` answered. */
function compareTotals(bill: ShownBill, recount: readonly ExpectedLine[]): string[] {
  const said = Object.fromEntries(bill.infos.map(({ pay_type, ...totals }) => [pay_type, totals]))
  const sums = {
    recount: totalsOf(recount),
    file: totalsOf(bill.lines.map((line) => ({ ...line, amount: Number(line.amount) }))),
  }
  return Object.entries(sums).flatMap(([from, totals]) =>
    [...new Set([...Object.keys(said), ...Object.keys(totals)])].flatMap((payType) => {
      const [answered, counted] = [told(said[payType]), told(totals[payType])]
      return answered === counted
        ? []
        : [`${nameOf(bill)}, ${payType}: the bill says ${answered}; the ${from} comes to ${counted}`]
    }),
  )
}

type Totals = ReturnType<typeof noTotals>

const noTotals = () => ({
  total_count: 0,
  total_amount: 0,
  reverse_count: 0,
  reverse_amount: 0,
  refund_count: 0,
  refund_amount: 0,
})

const COLUMNS = { PAYMENT: "total", REVERSAL: "reverse", REFUND: "refund" } as const

function totalsOf(lines: readonly { kind?: string; pay_type?: string; amount: number }[]) {
  const totals: Record<string, Totals> = {}
  for (const { kind, pay_type = "", amount } of lines) {
    totals[pay_type] ??= noTotals()
    const column = COLUMNS[kind as keyof typeof COLUMNS]
    totals[pay_type][`${column}_count`] += 1
    totals[pay_type][`${column}_amount`] += amount
  }
  return totals
}

function told(totals: Totals = noTotals()): string {
  const { total_count, total_amount, reverse_count, reverse_amount, refund_count, refund_amount } = totals
  return (
    `${total_count} payments of ${total_amount} fen, ${reverse_count} reversals of ${reverse_amount}, ` +
    `${refund_count} refunds of ${refund_amount}`
  )
}

type Named = { kind?: string; pay_out_trade_no?: string; pay_refund_id?: string }

function identityOf(merchantId: string, { kind, pay_out_trade_no, pay_refund_id }: Named): string {
  return `${merchantId} ${kind} ${pay_refund_id || pay_out_trade_no}`
}

function nameOf({ merchantId, day }: ShownBill): string {
  return `the bill of ${merchantId} for ${day}`
}

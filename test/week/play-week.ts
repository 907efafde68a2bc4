/** The whole week, and what it comes to: an empty list of differences, or each of them in plain words. */
import { seededRandom } from "../simulation/seeded-random.ts"
import { readBooks } from "./channel-books.ts"
import { checkBill, missingForCheck } from "./check-bill.ts"
import { compareBills } from "./compare-bills.ts"
import { compareMoney } from "./compare-money.ts"
import { checkEnding, endingsInWords } from "./endings.ts"
import type { FetchedBill } from "./fetch-bill.ts"
import { Killing } from "./killing.ts"
import { openHistory } from "./order-history.ts"
import { nextMorning, playDay, type Week } from "./play-day.ts"
import { type CountedOrder, checkBooks, countOrder } from "./recount.ts"
import { RunningChain } from "./running-chain.ts"
import { settleAll } from "./settle-all.ts"
import type { ToldOrder } from "./told.ts"

export type WeekOptions = {
  seed: number
  days: number
  paymentsPerDay: number
  /** How many functions are killed, in all. */
  kills: number
  /** Told, in a line each, how far it is. */
  say(line: string): void
}

export type WeekReport = {
  seed: number
  orders: number
  refunds: number
  bills: number
  kills: number
  differences: string[]
}

/** A line that came after its day's bill closed stands in the next day's: so many nights more are waited for it. */
const MOST_CLOSING_NIGHTS = 3

export async function playWeek(options: WeekOptions): Promise<WeekReport> {
  const { seed, say } = options
  const unchecked = missingForCheck()
  if (unchecked.length > 0) say(`signatures and proofs are not checked: ${unchecked.join(" and ")} missing`)
  const chain = await RunningChain.start()
  let keep = true
  try {
    const report = await play(chain, options, unchecked.length === 0)
    keep = report.differences.length > 0
    if (keep) say(`seed ${seed}: what the platform wrote stays in ${chain.dataDir}`)
    return report
  } finally {
    await chain.stop({ keep })
  }
}

async function play(chain: RunningChain, options: WeekOptions, withProgram: boolean): Promise<WeekReport> {
  const { seed, days, paymentsPerDay, kills, say } = options
  const random = seededRandom(seed)
  const killing = new Killing(random, kills, days * paymentsPerDay)
  const week: Week = { chain, seed, random, killing, days: [] }
  const rootKey = chain.merchantFile("M10001").platform_root_key
  const bills: FetchedBill[] = []
  const differences: string[] = []
  const takeBills = async (day: string) => {
    const made = await nextMorning(week, day)
    bills.push(...made)
    if (withProgram) for (const bill of made) differences.push(...(await checkBill(bill, rootKey)))
    for (const bill of made) say(billInWords(bill))
  }
  const restartOn = Math.ceil(days / 2)
  for (let dayNo = 1; dayNo <= days; dayNo++) {
    const day = await playDay(week, { payments: paymentsPerDay, restartAtMidnight: dayNo === restartOn })
    say(dayInWords(dayNo, day, week.days[dayNo - 1] ?? [], killing.done))
    await takeBills(day)
  }
  const orders = week.days.flat()
  const open = await settleAll(chain, orders)
  const counted = await closeBooks(chain, orders, bills, takeBills)
  differences.push(
    ...(await notFinal(chain, open)),
    ...orders.flatMap(({ contradictions }) => contradictions),
  )
  differences.push(...chain.untrusted)
  const settled = counted.filter(({ order }) => !open.includes(order))
  differences.push(...settled.flatMap(checkBooks), ...counted.flatMap(checkEnding))
  differences.push(...compareBills(linesOf(counted), bills), ...compareMoney(counted, bills))
  for (const line of endingsInWords(counted)) say(line)
  return {
    seed,
    orders: orders.length,
    refunds: orders.flatMap(({ refunds }) => refunds).length,
    bills: bills.length,
    kills: killing.done,
    differences,
  }
}

/** Nights pass until every movement stands in a bill; then the channels' books are read for good. */
async function closeBooks(
  chain: RunningChain,
  orders: readonly ToldOrder[],
  bills: readonly FetchedBill[],
  takeBills: (day: string) => Promise<void>,
): Promise<CountedOrder[]> {
  for (let night = 1; ; night++) {
    const day = chain.today()
    await chain.advanceTo(23)
    await takeBills(day)
    const counted = await countAll(chain, orders)
    const missing = linesOf(counted).length > bills.flatMap(({ lines }) => lines).length
    if (!missing || night === MOST_CLOSING_NIGHTS) return counted
  }
}

async function countAll(chain: RunningChain, orders: readonly ToldOrder[]): Promise<CountedOrder[]> {
  const history = openHistory(chain)
  const counted: CountedOrder[] = []
  for (const order of orders) {
    if (order.tradeNo === undefined) continue
    const books = await readBooks(chain, order.tradeNo)
    counted.push(countOrder(order, books, order.paid ?? (await history.paidAt(order.tradeNo))))
  }
  history.close()
  return counted
}

/** What is not final must stand on the exceptions desk. */
async function notFinal(chain: RunningChain, open: readonly ToldOrder[]): Promise<string[]> {
  if (open.length === 0) return []
  const history = openHistory(chain)
  const desk = await history.onDesk()
  history.close()
  return open
    .filter(({ tradeNo = "" }) => !desk.has(tradeNo))
    .map(({ sale, status }) => `${sale.outRequestNo} is ${status}, not final, and not on the exceptions desk`)
}

function linesOf(counted: readonly CountedOrder[]) {
  return counted.flatMap(({ lines }) => lines)
}

function dayInWords(dayNo: number, day: string, orders: readonly ToldOrder[], kills: number): string {
  const refunds = orders.flatMap((order) => order.refunds).length
  return `day ${dayNo} ${day}: ${orders.length} orders, ${refunds} refunds asked for, ${kills} kills so far`
}

function billInWords({ merchantId, day, lines }: FetchedBill): string {
  const late = lines.filter(({ late_of }) => late_of !== "").length
  return `  bill of ${merchantId} for ${day}: ${lines.length} lines${late > 0 ? `, ${late} of them late` : ""}`
}

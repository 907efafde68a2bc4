/** One day of the chain: sales by daylight, sales that are open as midnight passes, and the next morning's bills. */
import { setTimeout as sleep } from "node:timers/promises"
import { type Seeded, seededRandom } from "../simulation/seeded-random.ts"
import { planDay, type Sale } from "./day-plan.ts"
import { type FetchedBill, fetchBill } from "./fetch-bill.ts"
import type { Killing } from "./killing.ts"
import { playLater, playSale } from "./play-sale.ts"
import { MERCHANTS, type RunningChain } from "./running-chain.ts"
import { newOrder, type ToldOrder } from "./told.ts"

export type Week = {
  chain: RunningChain
  seed: number
  /** For what happens at the same time, in whatever order: a day's plan is made of the seed alone. */
  random: Seeded
  killing: Killing
  /** Of each day so far, in the order of the days. */
  days: ToldOrder[][]
}

export type DayPlan = { payments: number; restartAtMidnight: boolean }

const AT_ONCE = 12
const MOST_IN_A_PART = 40
const OPENS_AT = 9
const CLOSES_AT = 21
/** Of a day's sales these are open, or just paid, as midnight passes. */
const MIDNIGHT_SHARE = 0.3
const LAST_MINUTE_SALES = 3
/** Minutes after midnight to which the clock jumps: so that little is waited for, or past the closing of the day's bill. */
const A_MINUTE_PAST = 1
const PAST_THE_CLOSING = 35
/** Seeds of two weeks do not meet. */
const DAYS_APART = 1_000
const LOOKS_EVERY_MS = 250
const DAYS_LATER = [1, 2]

/** Gives the day that was played, `yyyyMMdd`. It ends after midnight, with nothing in flight. */
export async function playDay(week: Week, { payments, restartAtMidnight }: DayPlan): Promise<string> {
  const { chain, seed, days } = week
  const dayNo = days.length + 1
  const planning = seededRandom(seed * DAYS_APART + dayNo)
  const sales = planDay(planning, dayNo, payments)
  const orders = sales.map(newOrder)
  const byDaylight = orders.slice(0, Math.ceil(orders.length * (1 - MIDNIGHT_SHARE)))
  const earlier = [...days]
  days.push(orders)
  const parts = Math.ceil(byDaylight.length / MOST_IN_A_PART)
  let day = ""
  for (let part = 0; part < parts; part++) {
    await chain.advanceTo(OPENS_AT + Math.floor((part * (CLOSES_AT - OPENS_AT)) / parts))
    day = chain.today()
    const mine = byDaylight.filter((_, at) => at % parts === part)
    await Promise.all([sell(week, mine), part === 0 ? playEarlier(chain, earlier) : undefined])
  }
  const nextDayAt = dayNo % 2 === 1 ? PAST_THE_CLOSING : A_MINUTE_PAST
  await passMidnight(week, orders.slice(byDaylight.length), { nextDayAt, restart: restartAtMidnight })
  return day
}

/** The bills of both merchants for that day, made at two in the morning after it. */
export async function nextMorning(week: Week, day: string): Promise<FetchedBill[]> {
  const { chain, random, killing } = week
  await chain.advanceTo(2, 1)
  await killing.billsAreMade(chain)
  const bills: FetchedBill[] = []
  for (const merchantId of MERCHANTS) bills.push(await fetchBill(chain, random, merchantId, day))
  return bills
}

async function sell({ chain, random, killing }: Week, orders: readonly ToldOrder[]): Promise<void> {
  const waiting = [...orders]
  const lane = async () => {
    for (let order = waiting.shift(); order; order = waiting.shift()) {
      const playing = playSale(chain, random, order)
      killing.saleBegins(chain)
      await playing
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

async function playEarlier(chain: RunningChain, days: readonly ToldOrder[][]): Promise<void> {
  for (const daysLater of DAYS_LATER) {
    for (const order of days.at(-daysLater) ?? []) await playLater(chain, order, daysLater)
  }
}

/**
 * Midnight passes while orders are open and calls in flight. Where the clock jumps past the closing, what was paid in the last
 * seconds is written down too late for its day's bill.
 */
async function passMidnight(
  week: Week,
  orders: readonly ToldOrder[],
  { nextDayAt, restart }: { nextDayAt: number; restart: boolean },
): Promise<void> {
  const { chain, killing } = week
  const lastMinute = orders.filter(({ sale }) => isPlain(sale)).slice(0, LAST_MINUTE_SALES)
  const others = orders.filter((order) => !lastMinute.includes(order))
  await chain.advanceTo(23, 59, 20)
  const selling = sell(week, others)
  for (const order of others) await begun(chain, order)
  const payAndPass = async () => {
    await sell(week, lastMinute)
    await chain.advanceTo(0, nextDayAt)
  }
  await (nextDayAt === PAST_THE_CLOSING ? killing.holdingBack(chain, payAndPass) : payAndPass())
  if (restart) await chain.restart()
  await selling
}

/** Paid within its call. */
function isPlain({ totalFen, code, story }: Sale): boolean {
  const hasCode = code === "own" || code === "wechat"
  return totalFen % 1_000 <= 900 && hasCode && !story.startsWith("reverses ")
}

/** The platform knows the order: the call that began it is in flight, or over. */
async function begun(chain: RunningChain, { sale }: ToldOrder): Promise<void> {
  const number = { out_request_no: sale.outRequestNo }
  for (;;) {
    const { code } = await chain.askUntilHeard(sale.merchantId, "orderquery", number)
    if (code === "SUCCESS") return
    await sleep(LOOKS_EVERY_MS)
  }
}

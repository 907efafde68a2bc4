import { checkDays } from "../../usecases/daily-check.ts"
import { wasWithdrawn } from "./answers-agree.ts"
import { checkAtRest } from "./invariants.ts"
import { sendAgain } from "./operators.ts"
import { deliverPolls } from "./polling.ts"
import { streamTable } from "./table-stream.ts"
import { sale } from "./tills.ts"
import { change, settle } from "./town.ts"
import { newWorld, type PlantedFault, type World } from "./world.ts"

export type Run = {
  seed: number
  orders: number
  refunds: number
  /** Things that happened at a moment of simulated time. */
  events: number
  crashes: number
  /** Orders that rest on the exceptions desk, since nothing brings them on. */
  onDesk: number
  /** Answers PAYING whose order was then given up before any channel was asked. */
  withdrawn: number
  tally: ReadonlyMap<string, number>
  violations: readonly string[]
  /** The run in plain words. */
  history: readonly string[]
}

const SALES = 10
const CHANGES = 6
/** Sales and changes begin within this time. */
const OPENING_HOURS_MS = 90_000
/** By then everything has come to rest but what concerns a channel that is silent for ever. */
const REST_MS = 5 * 60 * 60_000

/** When the channels' bills are held against the books: what they took for a failed order shows there, and nowhere before. */
const RECONCILED_MS = 60 * 60_000
const RECONCILED_TIMES = 8

/** When operators look after refunds that failed, or take too long. */
const SENT_AGAIN_AT_MS = [10, 25, 60, 100, 150].map((minutes) => minutes * 60_000)

/** When the daily check looks at the exceptions desk. */
const DAILY_CHECK_MS = 4 * 60 * 60_000

/** Plays one run until everything rests, and checks what must hold. */
export async function simulate(seed: number, plant?: PlantedFault): Promise<Run> {
  const world = newWorld(seed, plant)
  const { time, random } = world
  const fellOver = (fault: unknown) => {
    if (world.violations.length === 0) world.violations.push(`the run fell over: ${fault}`)
  }
  await settle(world)
  deliverPolls(world)
  streamTable(world)
  for (let no = 1; no <= SALES; no++) {
    time.after(random.between(0, OPENING_HOURS_MS), () => void sale(world, no).catch(fellOver))
  }
  for (let no = 1; no <= CHANGES; no++) {
    time.after(random.between(0, OPENING_HOURS_MS), () => void change(world).catch(fellOver))
  }
  for (const afterMs of SENT_AGAIN_AT_MS) time.after(afterMs, () => void sendAgain(world).catch(fellOver))
  time.after(RECONCILED_MS, () => askAboutFailed(world))
  time.after(DAILY_CHECK_MS, () => void checkDesk(world).catch(fellOver))
  await time.run(REST_MS)
  return summary(world)
}

/** Stands in for reconciliation: a question about each order that a channel said it would never take, till it is answered. */
function askAboutFailed({ tables, parts, time }: World): void {
  const failed = [...tables.orders.values()].filter((it) => it.state === "FAILED")
  for (const { tradeNo, legs } of failed) {
    for (const { channel, no } of legs) {
      for (let times = 0; times < RECONCILED_TIMES; times++) {
        const message = { tradeNo, legNo: no, step: 9 }
        time.after(times * 120_000, () => void parts.polls.send(channel, message, 0))
      }
    }
  }
}

/** The daily check, as far as it concerns the desk. */
async function checkDesk({ time, stores, parts, settings }: World): Promise<void> {
  const onFault = (subject: string, fault: unknown) => {
    throw new Error(`the daily check of ${subject}`, { cause: fault })
  }
  await checkDays({
    clock: time,
    orders: stores.orders,
    refunds: stores.refunds,
    merchants: stores.merchants,
    days: { merchantIds: async () => [], tradeNos: async function* () {}, refundIds: async function* () {} },
    polls: parts.polls,
    exceptions: stores.exceptions,
    settings,
    onFault,
  })
}

function summary(world: World): Run {
  const { tables, tally, time, journal, refundJournal } = world
  for (const writes of journal.values()) {
    writes.forEach((after, index) => {
      const before = writes[index - 1]
      if (after.events.length === (before?.events.length ?? 0)) return
      world.count(`transition: ${before?.state ?? "NONE"} ${after.events.at(-1)?.event}`)
    })
  }
  for (const writes of refundJournal.values()) {
    writes.forEach(({ refund: after }, index) => {
      const before = writes[index - 1]?.refund
      if (after.events.length === (before?.events.length ?? 0)) return
      world.count(`refund transition: ${before?.state ?? "NONE"} ${after.events.at(-1)?.event}`)
    })
  }
  const crashes = [...tally].filter(([what]) => what.startsWith("crash ")).map(([, times]) => times)
  const resting = [...tables.exceptions.values()].filter((it) => it.resolvedAtMs === undefined)
  return {
    seed: world.seed,
    orders: tables.orders.size,
    refunds: tables.refunds.size,
    events: time.events,
    crashes: crashes.reduce((sum, times) => sum + times, 0),
    onDesk: resting.length,
    withdrawn: world.answers.filter((it) => wasWithdrawn(world, it)).length,
    tally,
    violations: checkAtRest(world),
    history: world.history,
  }
}

export type Runs = {
  first: number
  seeds: number
  orders: number
  refunds: number
  events: number
  crashes: number
  onDesk: number
  withdrawn: number
  tally: Map<string, number>
  /** Runs that broke something. */
  broken: Run[]
}

/** Plays seeds one after the other; ends early at the first broken run where asked to. */
export async function simulateMany(
  { first, count, untilBroken = false }: { first: number; count: number; untilBroken?: boolean },
  plant?: PlantedFault,
): Promise<Runs> {
  const runs: Runs = {
    first,
    seeds: 0,
    orders: 0,
    refunds: 0,
    events: 0,
    crashes: 0,
    onDesk: 0,
    withdrawn: 0,
    tally: new Map(),
    broken: [],
  }
  for (let seed = first; seed < first + count; seed++) {
    const run = await simulate(seed, plant)
    runs.seeds += 1
    for (const figure of ["orders", "refunds", "events", "crashes", "onDesk", "withdrawn"] as const) {
      runs[figure] += run[figure]
    }
    for (const [what, times] of run.tally) runs.tally.set(what, (runs.tally.get(what) ?? 0) + times)
    if (run.violations.length > 0) runs.broken.push(run)
    if (untilBroken && run.violations.length > 0) break
  }
  return runs
}

/** One line for a person: what was played, and what broke. */
export function seedLine(runs: Runs): string {
  const { first, seeds, orders, refunds, events, crashes, onDesk, withdrawn, broken } = runs
  const violations = broken.reduce((sum, run) => sum + run.violations.length, 0)
  return (
    `seeds ${first}…${first + seeds - 1} orders ${orders} refunds ${refunds} events ${events} crashes ${crashes} ` +
    `on the desk ${onDesk} withdrawn ${withdrawn} violations ${violations}`
  )
}

const HISTORY_LINES = 60

/** A broken run for a person: its seed, what broke, and what happened to the orders concerned. */
export function brokenStory(run: Run): string {
  const numbers = new Set(run.violations.flatMap((it) => it.match(/\bN\d+(-\d+)?/g) ?? []))
  const concerns = (line: string) => [...numbers].some((no) => new RegExp(`\\b${no}(?![\\d-])`).test(line))
  return [
    `seed ${run.seed}: node test/simulation/main.ts --seeds 1 --seed ${run.seed}`,
    ...run.violations.map((it) => `  ${it}`),
    ...run.history
      .filter(concerns)
      .slice(-HISTORY_LINES)
      .map((it) => `    ${it}`),
  ].join("\n")
}

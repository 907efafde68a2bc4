import { checkAtRest, mayRestPaying, wasWithdrawn } from "./invariants.ts"
import { deliverPolls } from "./polling.ts"
import { sale } from "./tills.ts"
import { change, settle } from "./town.ts"
import { newWorld, type PlantedFault, type World } from "./world.ts"

export type Run = {
  seed: number
  orders: number
  /** Things that happened at a moment of simulated time. */
  events: number
  crashes: number
  /** Orders that rest as PAYING since their owner died or failed, or their plan of questions is used up. */
  restPaying: number
  /** Answers PAYING whose order was then given up before any channel was asked. */
  withdrawn: number
  tally: ReadonlyMap<string, number>
  violations: readonly string[]
  /** The run in plain words. */
  history: readonly string[]
}

const SALES = 10
const CHANGES = 8
/** Sales and changes begin within this time. */
const OPENING_HOURS_MS = 90_000

/** Plays one run to its end, until nothing is due any more, and checks what must hold. */
export async function simulate(seed: number, plant?: PlantedFault): Promise<Run> {
  const world = newWorld(seed, plant)
  const { time, random } = world
  const fellOver = (fault: unknown) => {
    if (world.violations.length === 0) world.violations.push(`the run fell over: ${fault}`)
  }
  await settle(world)
  deliverPolls(world)
  for (let no = 1; no <= SALES; no++) {
    time.after(random.between(0, OPENING_HOURS_MS), () => void sale(world, no).catch(fellOver))
  }
  for (let no = 1; no <= CHANGES; no++) {
    time.after(random.between(0, OPENING_HOURS_MS), () => void change(world).catch(fellOver))
  }
  await time.run()
  return summary(world)
}

function summary(world: World): Run {
  const orders = [...world.tables.orders.values()]
  const crashes = [...world.tally].filter(([what]) => what.startsWith("crash ")).map(([, times]) => times)
  return {
    seed: world.seed,
    orders: orders.length,
    events: world.time.events,
    crashes: crashes.reduce((sum, times) => sum + times, 0),
    restPaying: orders.filter((it) => it.state === "PAYING" && mayRestPaying(world, it)).length,
    withdrawn: world.answers.filter((it) => wasWithdrawn(world, it)).length,
    tally: world.tally,
    violations: checkAtRest(world),
    history: world.history,
  }
}

export type Runs = {
  first: number
  seeds: number
  orders: number
  events: number
  crashes: number
  restPaying: number
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
    events: 0,
    crashes: 0,
    restPaying: 0,
    withdrawn: 0,
    tally: new Map(),
    broken: [],
  }
  for (let seed = first; seed < first + count; seed++) {
    const run = await simulate(seed, plant)
    runs.seeds += 1
    for (const figure of ["orders", "events", "crashes", "restPaying", "withdrawn"] as const) {
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
  const { first, seeds, orders, events, crashes, restPaying, withdrawn, broken } = runs
  const violations = broken.reduce((sum, run) => sum + run.violations.length, 0)
  return (
    `seeds ${first}…${first + seeds - 1} orders ${orders} events ${events} crashes ${crashes} ` +
    `left paying ${restPaying} withdrawn ${withdrawn} violations ${violations}`
  )
}

const HISTORY_LINES = 40

/** A broken run for a person: its seed, what broke, and what happened to the orders concerned. */
export function brokenStory(run: Run): string {
  const numbers = new Set(run.violations.flatMap((it) => it.match(/\bN\d+/g) ?? []))
  const concerns = (line: string) => [...numbers].some((no) => new RegExp(`\\b${no}\\b`).test(line))
  const processes = new Set(
    run.history.filter(concerns).flatMap((line) => line.match(/\b(till call|query call) \d+/g) ?? []),
  )
  const lines = run.history.filter(
    (line) => concerns(line) || [...processes].some((name) => line.includes(`${name} dies`)),
  )
  return [
    `seed ${run.seed}: node test/simulation/main.ts --seeds 1 --seed ${run.seed}`,
    ...run.violations.map((it) => `  ${it}`),
    ...lines.slice(-HISTORY_LINES).map((it) => `    ${it}`),
  ].join("\n")
}

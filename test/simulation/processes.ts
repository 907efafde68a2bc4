/**
 * Processes that die. Every call of a port can be the last thing a process does: it dies before the call, or the call takes
 * effect and its answer meets nobody. A dead process's promises never go on; what it wrote and sent stays. And every store
 * and queue can fail, before or after it did what it was asked.
 */
import type { Clock } from "../../usecases/ports.ts"
import type { Seeded } from "./seeded-random.ts"
import type { VirtualTime } from "./virtual-time.ts"

export type Process = {
  name: string
  dead: boolean
  /** Called when it dies. */
  onDeath?: () => void
  /** Its clock is a little off. */
  skewMs: number
  /** Dies at its so-many-th call of a port. */
  diesAt?: { call: number; when: "before" | "after" }
  calls: number
}

export type ProcessWorld = {
  time: VirtualTime
  random: Seeded
  onCrash(process: Process, point: string, when: "before" | "after"): void
}

/** How likely a process is doomed; it then dies at one of its first calls. */
const CRASH_CHANCE = 0.15
const CALLS_TO_DIE_AT = 8
/** Clocks of the functions differ by so much at most, either way. */
export const MAX_SKEW_MS = 1_000

export function newProcess(name: string, random: Seeded): Process {
  const doomed = random.chance(CRASH_CHANCE)
  return {
    name,
    dead: false,
    skewMs: random.between(-MAX_SKEW_MS, MAX_SKEW_MS),
    ...(doomed
      ? { diesAt: { call: random.between(1, CALLS_TO_DIE_AT), when: random.pick(["before", "after"]) } }
      : {}),
    calls: 0,
  }
}

/** Calls that the SDK repeats when their answer is lost: the effect happens twice, the caller sees the second answer. */
const REPEATED_WHEN_LOST: ReadonlySet<string> = new Set([
  "orders.create",
  "orders.advance",
  "codes.claim",
  "codes.release",
  "wrongCodes.count",
  "polls.send",
  "undoings.ensure",
  "exceptions.note",
  "exceptions.resolve",
  "records.put",
])
const ANSWER_LOST_CHANCE = 0.03

const MOVES_MONEY: ReadonlySet<string> = new Set(["channels.charge", "channels.reverse", "channels.refund"])

const FAULT_CHANCE = 0.004

/** What a store or the queue answers when it is down. */
export class InjectedFault extends Error {
  override name = "InjectedFault"
}

/** The port as this process sees it: slow, sometimes very slow, sometimes asked twice, and the last thing it ever calls. */
export function portOf<T extends object>(world: ProcessWorld, process: Process, name: string, port: T): T {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key)
      if (typeof member !== "function") return member
      const point = `${name}.${String(key)}`
      return (...given: unknown[]) =>
        throughNetwork(world, process, point, () => Reflect.apply(member, target, given))
    },
  })
}

/** Time as this process sees it: it may die asleep. */
export function clockOf(world: ProcessWorld, process: Process): Clock {
  const { time } = world
  return {
    nowMs: () => time.nowMs() + process.skewMs,
    monotonicMs: () => time.monotonicMs(),
    async sleep(ms, signal) {
      // A deadline is no work: nobody dies of it.
      if (signal) return time.sleep(ms, signal).then(() => (process.dead ? forever() : undefined))
      return guarded(world, process, "clock.sleep", () => time.sleep(ms))
    },
  }
}

async function throughNetwork(
  world: ProcessWorld,
  process: Process,
  point: string,
  effect: () => Promise<unknown>,
): Promise<unknown> {
  return guarded(world, process, point, async () => {
    const { time, random } = world
    await time.sleep(delayMs(random, point))
    if (REPEATED_WHEN_LOST.has(point) && random.chance(ANSWER_LOST_CHANCE)) {
      await effect()
      await time.sleep(delayMs(random, point))
    }
    const fault = point.startsWith("channels.") ? 1 : random.next() / FAULT_CHANCE
    if (fault < 0.5) return fail(point)
    const answer = await effect()
    await time.sleep(random.between(0, 10))
    return fault < 1 ? fail(point) : answer
  })
}

/**
 * A database may be slow, and now and then a call stalls longer than its order's lease; so does one that moves money whose
 * function was frozen before the request left. How slow a channel is otherwise, it decides itself.
 */
function delayMs(random: Seeded, point: string): number {
  if (MOVES_MONEY.has(point)) return random.chance(0.02) ? random.between(20_000, 150_000) : 0
  const slowness = point.startsWith("channels.") ? 1 : random.next()
  if (slowness < 0.008) return random.between(20_000, 60_000)
  if (slowness < 0.025) return random.between(500, 9_500)
  return random.between(0, 15)
}

async function guarded<T>(
  world: ProcessWorld,
  process: Process,
  point: string,
  call: () => Promise<T>,
): Promise<T> {
  if (process.dead) return forever()
  process.calls += 1
  const when = process.diesAt?.call === process.calls ? process.diesAt.when : undefined
  if (when === "before") return die(world, process, point, when)
  const answer = await call()
  if (when === "after" && !process.dead) return die(world, process, point, when)
  return process.dead ? forever() : answer
}

function fail(point: string): never {
  throw new InjectedFault(`${point} failed`)
}

function die(world: ProcessWorld, process: Process, point: string, when: "before" | "after"): Promise<never> {
  process.dead = true
  world.onCrash(process, point, when)
  process.onDeath?.()
  return forever()
}

function forever(): Promise<never> {
  return new Promise(() => {})
}

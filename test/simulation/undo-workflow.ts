/**
 * The workflow that undoes orders: it repeats the step with the waits it answers, tries a failed step again, and fails as a
 * whole where that does not help; what failed comes back as an event and goes on as its next generation.
 */
import { isFinal } from "../../domain/order-states.ts"
import { legsToUndo } from "../../domain/undo-outcome.ts"
import type { Undoings } from "../../usecases/ports.ts"
import { type UndoProgress, undoOrder } from "../../usecases/undo-order.ts"
import { invoke } from "./invocation.ts"
import type { World } from "./world.ts"

export type Started = "started" | "running" | "ended"
export type StartUndoing = (tradeNo: string, generation: number) => Promise<Started>

const RETRIES_MS = [2_000, 4_000, 8_000]
/** What the function behind a step gives it. */
const STEP_MS = 10_000
const FAILS_AS_A_WHOLE = 0.02
const TIMES_OUT_AFTER_MS = 60 * 60_000
const MOST_GENERATIONS = 50

/** Starts an execution named after order and generation; a name is used once. */
export function startUndoing(world: () => World): StartUndoing {
  const running = new Map<string, boolean>()
  return async (tradeNo, generation) => {
    const name = `${tradeNo}-${generation}`
    const known = running.get(name)
    if (known !== undefined) return known ? "running" : "ended"
    running.set(name, true)
    world().count(generation === 1 ? "undoing: first generation" : "undoing: later generation")
    void execute(world(), tradeNo).then((end) => {
      running.set(name, false)
      world().count(`undoing: ${end}`)
      if (end !== "succeeded") world().time.after(2_000, () => void bringBack(world(), tradeNo, end))
    })
    return "started"
  }
}

export function undoingsBy(start: StartUndoing): Undoings {
  return {
    async ensure(tradeNo) {
      for (let generation = 1; generation <= MOST_GENERATIONS; generation++) {
        if ((await start(tradeNo, generation)) !== "ended") return
      }
      throw new Error(`order ${tradeNo} was undone ${MOST_GENERATIONS} times and is not final`)
    },
  }
}

async function execute(world: World, tradeNo: string): Promise<"succeeded" | "failed" | "timed out"> {
  const { time, random } = world
  const endsMs = time.monotonicMs() + TIMES_OUT_AFTER_MS
  let progress: UndoProgress = { tradeNo }
  while (time.monotonicMs() < endsMs) {
    const step = await stepWithRetries(world, progress)
    if (!step || random.chance(FAILS_AS_A_WHOLE)) return "failed"
    if (step.done) return "succeeded"
    const { waitMs, done: _done, ...rest } = step
    await time.sleep(Math.max(1, Math.ceil(waitMs / 1_000)) * 1_000)
    progress = rest
  }
  return "timed out"
}

async function stepWithRetries(world: World, progress: UndoProgress) {
  for (const waitMs of [0, ...RETRIES_MS]) {
    await world.time.sleep(waitMs)
    const about = world.nameOf(progress.tradeNo)
    const step = await invoke(world, "undo step", about, (ports) =>
      undoOrder(ports, progress, ports.clock.monotonicMs() + STEP_MS),
    )
    if (step.ok) return step.value
  }
  return undefined
}

/** What the function behind the event of a failed execution does; the event comes again until it is done. */
async function bringBack(world: World, tradeNo: string, end: string): Promise<void> {
  const result = await invoke(world, "failed undoing", world.nameOf(tradeNo), async (ports) => {
    const order = await ports.orders.read(tradeNo)
    if (!order || legsToUndo(order).length === 0) return
    const nowMs = ports.clock.nowMs()
    if (nowMs - order.createdAtMs >= ports.settings.visibleAfterMs) {
      const kind = isFinal(order.state) ? "surplus" : "not final"
      const { merchantId } = order
      await ports.exceptions.note({ tradeNo, merchantId, kind, lastTried: `undoing ${end}` }, nowMs)
    }
    await ports.undoings.ensure(tradeNo)
  })
  if (!result.ok) world.time.after(60_000, () => void bringBack(world, tradeNo, end))
}

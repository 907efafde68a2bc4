/**
 * The workflow that undoes orders: it repeats the step with the waits it answers, tries a failed step again, and fails as a
 * whole where that does not help; what failed comes back as an event and goes on as its next generation.
 */
import { isFinal } from "../../domain/order-states.ts"
import { legsToUndo } from "../../domain/undo-outcome.ts"
import { type UndoProgress, undoOrder } from "../../usecases/undo-order.ts"
import { invoke } from "./invocation.ts"
import { type End, namedExecutions, type Start } from "./named-executions.ts"
import type { World } from "./world.ts"

const RETRIES_MS = [2_000, 4_000, 8_000]
/** What the function behind a step gives it. */
const STEP_MS = 10_000
const FAILS_AS_A_WHOLE = 0.02
const TIMES_OUT_AFTER_MS = 60 * 60_000

export function startUndoing(world: () => World): Start {
  return namedExecutions(world, "undoing", execute, bringBack)
}

async function execute(world: World, tradeNo: string): Promise<End> {
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
async function bringBack(world: World, tradeNo: string, end: End): Promise<void> {
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

/**
 * The workflow that goes on with refunds that are not certain when their plan of asking is used up: it repeats the step,
 * patiently; what failed comes back as an event and goes on as its next generation.
 */
import { begunAtMs } from "../../domain/refund.ts"
import { refundStep } from "../../usecases/refund-step.ts"
import { invoke } from "./invocation.ts"
import { type End, namedExecutions, type Start } from "./named-executions.ts"
import type { World } from "./world.ts"

const RETRIES_MS = [2_000, 4_000, 8_000]
/** What the function behind a step gives it. */
const STEP_MS = 10_000
const FAILS_AS_A_WHOLE = 0.04
const TIMES_OUT_AFTER_MS = 60 * 60_000

export function startRefunding(world: () => World): Start {
  return namedExecutions(world, "refunding", execute, bringBack)
}

async function execute(world: World, refundId: string): Promise<End> {
  const { time, random, settings } = world
  const endsMs = time.monotonicMs() + TIMES_OUT_AFTER_MS
  while (time.monotonicMs() < endsMs) {
    const step = await stepWithRetries(world, refundId)
    if (!step || random.chance(FAILS_AS_A_WHOLE)) return "failed"
    if (step.done) return "succeeded"
    await time.sleep(Math.max(settings.refundRetryMs, Math.ceil(step.waitMs / 1_000) * 1_000))
  }
  return "timed out"
}

async function stepWithRetries(world: World, refundId: string) {
  for (const waitMs of [0, ...RETRIES_MS]) {
    await world.time.sleep(waitMs)
    const step = await invoke(world, "refund step", world.refundNameOf(refundId), (ports) =>
      refundStep(ports, refundId, ports.clock.monotonicMs() + STEP_MS),
    )
    if (step.ok) return step.value
  }
  return undefined
}

/** What the function behind the event of a failed execution does; the event comes again until it is done. */
async function bringBack(world: World, refundId: string, end: End): Promise<void> {
  const result = await invoke(world, "failed refunding", world.refundNameOf(refundId), async (ports) => {
    const refund = await ports.refunds.read(refundId)
    if (refund?.state !== "PROCESSING") return
    const nowMs = ports.clock.nowMs()
    if (nowMs - begunAtMs(refund) >= ports.settings.visibleAfterMs) {
      const { tradeNo, merchantId } = refund
      const noted = { tradeNo, refundId, merchantId, kind: "refund not final" } as const
      await ports.exceptions.note({ ...noted, lastTried: `refunding ${end}` }, nowMs)
    }
    await ports.refundings.ensure(refundId)
  })
  if (!result.ok) world.time.after(60_000, () => void bringBack(world, refundId, end))
}

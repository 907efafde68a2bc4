/** Operators at the exceptions desk, who send refunds again: now and then two of them the same one. */
import { resendRefund } from "../../usecases/resend-refund.ts"
import { invoke } from "./invocation.ts"
import { onDesk } from "./memory-exceptions.ts"
import type { World } from "./world.ts"

/** What the command of an operator gives the channel. */
const PATIENCE_MS = 9_000
/** So often a person tries before giving up. */
const MOST_GENERATIONS = 4

export async function sendAgain(world: World): Promise<void> {
  const { tables, random } = world
  const refundIds = onDesk(tables.exceptions).flatMap(({ refundId }) => refundId ?? [])
  const wanted = [...new Set(refundIds)].filter(() => random.chance(0.6))
  await Promise.all(wanted.map((refundId) => sendOne(world, refundId)))
}

async function sendOne(world: World, refundId: string): Promise<void> {
  const { tables, random, time } = world
  if ((tables.refunds.get(refundId)?.generation ?? 0) >= MOST_GENERATIONS) return
  await time.sleep(random.between(0, 30_000))
  const calls = [resend(world, refundId)]
  if (random.chance(0.3)) {
    await time.sleep(random.between(0, 500))
    calls.push(resend(world, refundId))
  }
  await Promise.all(calls)
}

async function resend(world: World, refundId: string): Promise<void> {
  const result = await invoke(world, "operator", world.refundNameOf(refundId), (ports) =>
    resendRefund(ports, refundId, ports.clock.monotonicMs() + PATIENCE_MS),
  )
  if (!result.ok) return
  const { value } = result
  world.count(`sent again: ${value.ok ? value.refund.state : value.why}`)
}

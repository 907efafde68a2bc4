/**
 * The stream of the table with its two consumers: each gets every change of an order or a refund in order, late and in
 * batches; a batch that failed comes again, and now and then one comes twice.
 */
import { recordChange } from "../../usecases/consumption-records.ts"
import { lastChanges } from "../../usecases/recover-order.ts"
import { invoke } from "./invocation.ts"
import type { PlatformPorts } from "./process-ports.ts"
import type { TableChange, World } from "./world.ts"

type Consumer = {
  name: string
  /** How long changes gather before they are delivered. */
  windowMs: number
  take(ports: PlatformPorts, batch: readonly TableChange[]): Promise<void>
}

const RETRY_MS = 5_000
const REPLAY_CHANCE = 0.03

export function streamTable(world: World): void {
  const consumers = [
    deliverTo(world, { name: "effects", windowMs: 0, take: recordAll }),
    deliverTo(world, {
      name: "recovery",
      windowMs: 5_000,
      take: (ports, batch) => recover(world, ports, batch),
    }),
  ]
  world.onChange((change) => {
    for (const deliver of consumers) deliver(change)
  })
}

async function recordAll(ports: PlatformPorts, batch: readonly TableChange[]): Promise<void> {
  for (const { order } of batch) if (order) await recordChange(ports, order)
}

async function recover(world: World, ports: PlatformPorts, batch: readonly TableChange[]): Promise<void> {
  for (const change of lastChanges(batch.flatMap(({ order }) => order ?? [])))
    await world.parts.recover(ports, change)
  for (const { refund } of batch) if (refund) await world.parts.recoverRefund(ports, refund)
}

function deliverTo(world: World, consumer: Consumer): (change: TableChange) => void {
  const { time, random } = world
  let gathered: TableChange[] = []
  let busy = false

  const deliver = async (): Promise<void> => {
    const batch = gathered
    gathered = []
    while (!(await handOver(batch))) await time.sleep(RETRY_MS)
    if (random.chance(REPLAY_CHANCE)) time.after(random.between(1_000, 120_000), () => void handOver(batch))
    if (gathered.length > 0) return deliver()
    busy = false
  }
  const handOver = async (batch: readonly TableChange[]): Promise<boolean> => {
    const result = await invoke(world, consumer.name, "a batch", (ports) => consumer.take(ports, batch))
    return result.ok
  }
  return (change) => {
    gathered.push(change)
    if (busy) return
    busy = true
    const lateMs = random.chance(0.05) ? random.between(1_000, 60_000) : random.between(100, 1_000)
    time.after(consumer.windowMs + lateMs, () => void deliver())
  }
}

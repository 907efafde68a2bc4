/** The poll queue as it is: messages late, doubled, and back again when whoever had them died. */

import { pollOrder } from "../../usecases/poll-order.ts"
import type { PollMessage } from "../../usecases/ports.ts"
import { InjectedFault } from "./processes.ts"
import type { World } from "./world.ts"

/** How long a message stays away when nobody said that it was done. */
const VISIBILITY_MS = 60_000

export function deliverPolls(world: World): void {
  const { time, random } = world
  world.onPoll((_channel, message, delayMs) => {
    const copies = random.chance(0.1) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const lateMs = random.chance(0.15) ? random.between(1, 60_000) : 0
      const wholeSecondsMs = Math.ceil(delayMs / 1000) * 1000
      time.after(wholeSecondsMs + lateMs, () => void receive(world, message))
    }
  })
}

async function receive(world: World, message: PollMessage): Promise<void> {
  const { process, ports } = world.startProcess("poller")
  let done = false
  world.time.after(VISIBILITY_MS, () => {
    if (!done) void receive(world, message)
  })
  try {
    const result = await pollOrder(ports, message)
    done = true
    world.count(`poll: ${result}`)
    if (result === "plan used up") world.plansUsedUp.add(message.tradeNo)
  } catch (fault) {
    if (fault instanceof InjectedFault) return
    world.violations.push(`${process.name} fell over: ${fault instanceof Error ? fault.message : fault}`)
    done = true
  }
}

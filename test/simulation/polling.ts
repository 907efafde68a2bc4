/** The poll queue as it is: messages late, doubled, back again when whoever had them failed, and dead after too many of that. */
import type { ChannelId } from "../../domain/channel.ts"
import { pollOrder } from "../../usecases/poll-order.ts"
import { pollRefund } from "../../usecases/poll-refund.ts"
import type { PollMessage, RefundMessage } from "../../usecases/ports.ts"
import { invoke } from "./invocation.ts"
import type { PlatformPorts } from "./process-ports.ts"
import type { World } from "./world.ts"

/** How long a message stays away when nobody said that it was done. */
const VISIBILITY_MS = 60_000
const MOST_RECEIVES = 3
const DEAD_LETTER_AGAIN_MS = 15 * 60_000
/** What the function gives one question about a refund. */
const REFUND_STEP_MS = 10_000

export function deliverPolls(world: World): void {
  const { time, random } = world
  world.onPoll((channel, message, delayMs) => {
    const copies = random.chance(0.1) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const lateMs = random.chance(0.15) ? random.between(1, 60_000) : 0
      const wholeSecondsMs = Math.ceil(delayMs / 1000) * 1000
      time.after(wholeSecondsMs + lateMs, () => void receive(world, channel, message, 1))
    }
  })
}

type Message = PollMessage | RefundMessage

async function receive(world: World, channel: ChannelId, message: Message, times: number): Promise<void> {
  const { time, random } = world
  const about = nameOf(world, message)
  const result = await invoke(world, "poller", about, (ports) =>
    "refundId" in message
      ? pollRefund(ports, message, ports.clock.monotonicMs() + REFUND_STEP_MS)
      : pollOrder(ports, message),
  )
  if (result.ok) {
    world.count(`${"refundId" in message ? "poll refund" : "poll"}: ${result.value}`)
    world.tell(`${about} was polled: ${result.value}`)
    return
  }
  const again = () => void receive(world, channel, message, times + 1)
  // A queue that is full of trouble: whole messages die of it now and then.
  if (times < MOST_RECEIVES && !random.chance(0.1)) time.after(VISIBILITY_MS, again)
  else void buryAndRevive(world, channel, message)
}

/** What the function behind the dead letters does; it, too, is called until it is done. */
async function buryAndRevive(world: World, channel: ChannelId, message: Message): Promise<void> {
  const result = await invoke(world, "dead letters", nameOf(world, message), async (ports) => {
    if ("refundId" in message) await showRefund(ports, message.refundId)
    else {
      const noted = { tradeNo: message.tradeNo, merchantId: "", kind: "not final" } as const
      await ports.exceptions.note({ ...noted, lastTried: "asking failed" }, ports.clock.nowMs())
    }
    await ports.polls.send(channel, message, DEAD_LETTER_AGAIN_MS)
  })
  if (!result.ok) world.time.after(VISIBILITY_MS, () => void buryAndRevive(world, channel, message))
}

async function showRefund({ refunds, exceptions, clock }: PlatformPorts, refundId: string): Promise<void> {
  const seenAtMs = clock.nowMs()
  const refund = await refunds.read(refundId)
  if (refund?.state !== "PROCESSING") return
  const { tradeNo, merchantId } = refund
  const noted = { tradeNo, refundId, merchantId, kind: "refund not final" } as const
  await exceptions.note({ ...noted, lastTried: "asking failed" }, seenAtMs)
}

function nameOf(world: World, message: Message): string {
  return "refundId" in message ? world.refundNameOf(message.refundId) : world.nameOf(message.tradeNo)
}

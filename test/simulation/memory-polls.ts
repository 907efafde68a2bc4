import type { ChannelId } from "../../domain/channel.ts"
import type { PollMessage, PollQueue, RefundMessage } from "../../usecases/ports.ts"

export type SentPoll = { channel: ChannelId; message: PollMessage | RefundMessage; delayMs: number }

/** A queue that only keeps what was sent; whoever made it delivers. */
export function memoryPolls(sent: SentPoll[]): PollQueue {
  return {
    async send(channel, message, delayMs) {
      sent.push({ channel, message: { ...message }, delayMs })
    },
  }
}

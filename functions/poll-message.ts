import * as z from "zod"
import type { PollMessage, RefundMessage } from "../usecases/ports.ts"

const Message = z.union([
  z.object({ tradeNo: z.string(), legNo: z.int().min(1), step: z.int().min(0) }),
  z.object({ refundId: z.string(), step: z.int().min(0), once: z.literal(true).optional() }),
])

/** What a poll queue's message asks about: an order's leg, or a refund. Throws for what is none of ours. */
export function pollMessageIn(body: string): PollMessage | RefundMessage {
  return Message.parse(JSON.parse(body))
}

import type { SQSBatchResponse, SQSEvent } from "aws-lambda"
import * as z from "zod"
import { CHANNEL_IDS } from "../../domain/channel.ts"
import { isFinal } from "../../domain/order-states.ts"
import { legsToUndo } from "../../domain/undo-outcome.ts"
import { logFault } from "../../http/call-log.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb } from "../machine.ts"
import { pollQueue } from "../poll-queue.ts"

const environment = readEnvironment()
const exceptions = exceptionStore(dynamodb, environment.mainTable)
const orders = orderStore(dynamodb, environment.mainTable)
const polls = pollQueue(environment)

const Message = z.object({ tradeNo: z.string(), legNo: z.int().min(1), step: z.int().min(0) })
/** After so long it is tried again: whatever made it fail five times in a row has had time to pass. */
const AGAIN_AFTER_MS = 15 * 60_000

/** Messages that failed too often: the order goes on the exceptions desk, and the message back into its queue. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failed = await Promise.all(
    event.Records.map(async ({ messageId, body, eventSourceARN }) => {
      try {
        const message = Message.parse(JSON.parse(body))
        const channel = CHANNEL_IDS.find((it) => eventSourceARN.endsWith(`-poll-${it}-dead-letters`))
        if (!channel) throw new Error(`no channel for ${eventSourceARN}`)
        const { tradeNo } = message
        const order = await orders.read(tradeNo)
        // Nothing stands behind it: there is nobody to tell and nothing to ask.
        if (!order) return undefined
        const { merchantId } = order
        const kind = isFinal(order.state) ? "surplus" : "not final"
        const open = order.state === "PAYING" || legsToUndo(order).length > 0
        if (open)
          await exceptions.note({ tradeNo, merchantId, kind, lastTried: "asking failed" }, clock.nowMs())
        await polls.send(channel, message, AGAIN_AFTER_MS / environment.speed)
        return undefined
      } catch (fault) {
        logFault("deadletters", messageId, fault)
        return { itemIdentifier: messageId }
      }
    }),
  )
  return { batchItemFailures: failed.filter((it) => it !== undefined) }
}

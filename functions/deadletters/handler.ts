import type { SQSBatchResponse, SQSEvent } from "aws-lambda"
import { CHANNEL_IDS } from "../../domain/channel.ts"
import { isFinal } from "../../domain/order-states.ts"
import { legsToUndo } from "../../domain/undo-outcome.ts"
import type { CallLog } from "../../http/call-log.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { refundStore } from "../../persistence/refund-store.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb } from "../machine.ts"
import { pollMessageIn } from "../poll-message.ts"
import { pollQueue } from "../poll-queue.ts"
import { factsOf } from "../watched-orders.ts"
import { work } from "../worker.ts"

const environment = readEnvironment()
const exceptions = exceptionStore(dynamodb, environment.mainTable)
const orders = orderStore(dynamodb, environment.mainTable)
const refunds = refundStore(dynamodb, environment.mainTable)
const polls = pollQueue(environment)

/** After so long it is tried again: whatever made it fail five times in a row has had time to pass. */
const againAfterMs = (15 * 60_000) / environment.speed

/** Messages that failed too often: the order goes on the exceptions desk, and the message back into its queue. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failed = await Promise.all(
    event.Records.map(async ({ messageId, body, eventSourceARN }) => {
      try {
        await work("deadletters", messageId, (log) => goOn(log, body, eventSourceARN))
        return undefined
      } catch {
        return { itemIdentifier: messageId }
      }
    }),
  )
  return { batchItemFailures: failed.filter((it) => it !== undefined) }
}

async function goOn(log: CallLog, body: string, queueArn: string): Promise<void> {
  const startedMs = clock.monotonicMs()
  const message = pollMessageIn(body)
  const channel = CHANNEL_IDS.find((it) => queueArn.endsWith(`-poll-${it}-dead-letters`))
  if (!channel) throw new Error(`no channel for ${queueArn}`)
  if ("refundId" in message) {
    if (await noteRefund(log, message.refundId)) await polls.send(channel, message, againAfterMs)
    return
  }
  const { tradeNo } = message
  const order = await orders.read(tradeNo)
  // Nothing stands behind it: there is nobody to tell and nothing to ask.
  if (!order) return
  const { merchantId } = order
  const kind = isFinal(order.state) ? "surplus" : "not final"
  const open = order.state === "PAYING" || legsToUndo(order).length > 0
  if (open) {
    await exceptions.note({ tradeNo, merchantId, kind, lastTried: "asking failed" }, clock.nowMs())
    log.end({ ...factsOf(order), code: "ASKING_FAILED", ms: clock.monotonicMs() - startedMs })
  }
  await polls.send(channel, message, againAfterMs)
}

/** Puts a refund that is not certain on the desk; false where nothing stands behind the message any more. */
async function noteRefund(log: CallLog, refundId: string): Promise<boolean> {
  const refund = await refunds.read(refundId)
  if (!refund || refund.state === "RETRACTED") return false
  const { tradeNo, merchantId, channel, state } = refund
  if (state === "PROCESSING") {
    const lastTried = "asking failed"
    await exceptions.note(
      { tradeNo, refundId, merchantId, kind: "refund not final", lastTried },
      clock.nowMs(),
    )
    log.end({ merchantId, tradeNo, channel, state, code: "ASKING_FAILED", ms: 0 })
  }
  return true
}

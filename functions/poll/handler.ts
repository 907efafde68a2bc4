import type { SQSBatchResponse, SQSEvent } from "aws-lambda"
import { type PollPorts, pollOrder } from "../../usecases/poll-order.ts"
import { type PollRefundPorts, pollRefund } from "../../usecases/poll-refund.ts"
import { readEnvironment } from "../environment.ts"
import { clock, once } from "../machine.ts"
import { undoSettings } from "../payment-settings.ts"
import { pollMessageIn } from "../poll-message.ts"
import { refundPorts } from "../refund-ports.ts"
import { refundWorkflow } from "../refund-workflow.ts"
import { dataSecrets } from "../secrets.ts"
import { undoWorkflow } from "../undo-workflow.ts"
import { watchedOrders } from "../watched-orders.ts"
import { work } from "../worker.ts"

const environment = readEnvironment()
const secrets = dataSecrets(environment)

const ports = once(async (): Promise<{ ofOrders: PollPorts; ofRefunds: PollRefundPorts }> => {
  const merchants = await secrets.merchants()
  const refunds = refundPorts(environment, merchants)
  return {
    ofOrders: {
      ...refunds,
      undoings: undoWorkflow(environment.undoWorkflowArn),
      settings: undoSettings(environment),
    },
    ofRefunds: { ...refunds, refundings: refundWorkflow(environment.refundWorkflowArn) },
  }
})

/** Less than the function's time-out, so that what was learned of a refund is still written. */
const STEP_MS = 10_000

/** Asks a channel about its orders and refunds that are not final. Only the messages that failed come back. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const open = await ports()
  const failed = await Promise.all(
    event.Records.map(async ({ messageId, body }) => {
      try {
        await work("poll", messageId, ({ changed }) => {
          const message = pollMessageIn(body)
          if ("refundId" in message) return pollRefund(open.ofRefunds, message, clock.monotonicMs() + STEP_MS)
          const orders = watchedOrders(open.ofOrders.orders, changed)
          return pollOrder({ ...open.ofOrders, orders }, message)
        })
        return undefined
      } catch {
        return { itemIdentifier: messageId }
      }
    }),
  )
  return { batchItemFailures: failed.filter((it) => it !== undefined) }
}

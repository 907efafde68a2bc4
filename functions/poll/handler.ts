import type { SQSBatchResponse, SQSEvent } from "aws-lambda"
import * as z from "zod"
import { logFault } from "../../http/call-log.ts"
import { exceptionStore } from "../../persistence/exception-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { type PollPorts, pollOrder } from "../../usecases/poll-order.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, once } from "../machine.ts"
import { payChannels } from "../pay-channels.ts"
import { undoSettings } from "../payment-settings.ts"
import { pollQueue } from "../poll-queue.ts"
import { dataSecrets } from "../secrets.ts"
import { undoWorkflow } from "../undo-workflow.ts"

const environment = readEnvironment()
const secrets = dataSecrets(environment)

const ports = once(
  async (): Promise<PollPorts> => ({
    clock,
    orders: orderStore(dynamodb, environment.mainTable),
    channels: payChannels(environment, await secrets.merchants()),
    polls: pollQueue(environment),
    undoings: undoWorkflow(environment.undoWorkflowArn),
    exceptions: exceptionStore(dynamodb, environment.mainTable),
    settings: undoSettings(environment),
  }),
)

const Message = z.object({ tradeNo: z.string(), legNo: z.int().min(1), step: z.int().min(0) })

/** Asks a channel about its orders that are not final. Only the messages that failed come back. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const open = await ports()
  const failed = await Promise.all(
    event.Records.map(async ({ messageId, body }) => {
      try {
        await pollOrder(open, Message.parse(JSON.parse(body)))
        return undefined
      } catch (fault) {
        logFault("poll", messageId, fault)
        return { itemIdentifier: messageId }
      }
    }),
  )
  return { batchItemFailures: failed.filter((it) => it !== undefined) }
}

import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda"
import { logFault } from "../../http/call-log.ts"
import { lastChanges, recoverOrder } from "../../usecases/recover-order.ts"
import { recoverRefund } from "../../usecases/recover-refund.ts"
import { readEnvironment } from "../environment.ts"
import { clock } from "../machine.ts"
import { orderChangeIn, refundChangeIn } from "../order-changes.ts"
import { undoSettings } from "../payment-settings.ts"
import { pollQueue } from "../poll-queue.ts"
import { queryPlans } from "../query-plans.ts"

const environment = readEnvironment()
const ports = {
  clock,
  polls: pollQueue(environment),
  queryPlanMs: queryPlans(environment),
  settings: undoSettings(environment),
}

/**
 * The second consumer of the stream: every order and refund that is not final gets a message for the end of its lease. Where
 * one cannot be sent the batch comes again from there; messages sent twice are harmless.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  let reached = event.Records[0]
  try {
    const changes = event.Records.flatMap((record) => {
      reached = record
      return orderChangeIn(record) ?? []
    })
    const refunds = event.Records.flatMap((record) => {
      reached = record
      return refundChangeIn(record) ?? []
    })
    reached = event.Records[0]
    for (const change of lastChanges(changes)) await recoverOrder(ports, change)
    for (const change of refunds) await recoverRefund(ports, change)
    return { batchItemFailures: [] }
  } catch (fault) {
    const itemIdentifier = reached?.dynamodb?.SequenceNumber ?? ""
    logFault("recovery", itemIdentifier, fault)
    return { batchItemFailures: [{ itemIdentifier }] }
  }
}

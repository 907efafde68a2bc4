import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda"
import { logFault } from "../../http/call-log.ts"
import { merchantTimeZones } from "../../persistence/merchant-time-zones.ts"
import { notificationStore } from "../../persistence/notification-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { recordStore } from "../../persistence/record-store.ts"
import { recordChange } from "../../usecases/consumption-records.ts"
import { notifyOfOrder, notifyOfRefund } from "../../usecases/make-notifications.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb } from "../machine.ts"
import { notificationData } from "../notification-data.ts"
import { notificationQueues } from "../notification-queues.ts"
import { orderChangeIn } from "../order-changes.ts"
import { refundChangeIn } from "../refund-changes.ts"

const environment = readEnvironment()
const { mainTable, settingsTable } = environment
const ports = {
  records: recordStore(dynamodb, mainTable),
  orders: orderStore(dynamodb, mainTable),
  notifications: notificationStore(dynamodb, mainTable),
  notificationQueues: notificationQueues(environment),
  ...notificationData(merchantTimeZones(dynamodb, settingsTable, clock.monotonicMs)),
}

/**
 * The stream of orders, and the only sender of effects. Stops at the first change that cannot be carried out: the ones of
 * an order must stay in their order, and those before it are not done again.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  for (const record of event.Records) {
    try {
      const change = orderChangeIn(record)
      if (change) {
        await recordChange(ports, change)
        await notifyOfOrder(ports, change)
      }
      const refundChange = refundChangeIn(record)
      if (refundChange) await notifyOfRefund(ports, refundChange)
    } catch (fault) {
      const itemIdentifier = record.dynamodb?.SequenceNumber ?? ""
      logFault("effects", itemIdentifier, fault)
      return { batchItemFailures: [{ itemIdentifier }] }
    }
  }
  return { batchItemFailures: [] }
}

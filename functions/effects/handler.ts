import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda"
import { logFault } from "../../http/call-log.ts"
import { recordStore } from "../../persistence/record-store.ts"
import { recordChange } from "../../usecases/consumption-records.ts"
import { readEnvironment } from "../environment.ts"
import { dynamodb } from "../machine.ts"
import { orderChangeIn } from "../order-changes.ts"

const environment = readEnvironment()
const ports = { records: recordStore(dynamodb, environment.mainTable) }

/**
 * The stream of orders, and the only sender of effects. Stops at the first change that cannot be carried out: the ones of
 * an order must stay in their order, and those before it are not done again.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  for (const record of event.Records) {
    try {
      const change = orderChangeIn(record)
      if (change) await recordChange(ports, change)
    } catch (fault) {
      const itemIdentifier = record.dynamodb?.SequenceNumber ?? ""
      logFault("effects", itemIdentifier, fault)
      return { batchItemFailures: [{ itemIdentifier }] }
    }
  }
  return { batchItemFailures: [] }
}

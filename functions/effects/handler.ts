import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda"
import { logFault } from "../../http/call-log.ts"
import { decodeOrder } from "../../persistence/order-codec.ts"
import { recordStore } from "../../persistence/record-store.ts"
import { recordChange } from "../../usecases/consumption-records.ts"
import { readEnvironment } from "../environment.ts"
import { dynamodb } from "../machine.ts"

const environment = readEnvironment()
const ports = { records: recordStore(dynamodb, environment.mainTable) }

/**
 * The stream of orders, and the only sender of effects. Stops at the first change that cannot be carried out: the ones of
 * an order must stay in their order, and those before it are not done again.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  for (const record of event.Records) {
    try {
      await carryOut(record)
    } catch (fault) {
      const itemIdentifier = record.dynamodb?.SequenceNumber ?? ""
      logFault("effects", itemIdentifier, fault)
      return { batchItemFailures: [{ itemIdentifier }] }
    }
  }
  return { batchItemFailures: [] }
}

async function carryOut({ dynamodb: change }: DynamoDBRecord): Promise<void> {
  if (!change?.NewImage || !change.Keys?.pk?.S?.startsWith("O#")) return
  const after = decodeOrder(change.NewImage as Record<string, AttributeValue>)
  const before = change.OldImage && decodeOrder(change.OldImage as Record<string, AttributeValue>)
  await recordChange(ports, { before, after })
}

import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import type { DynamoDBRecord } from "aws-lambda"
import { decodeOrder } from "../persistence/order-codec.ts"
import type { OrderChange } from "../usecases/consumption-records.ts"

/** The change of an order in a stream record; undefined where the item is no order. */
export function orderChangeIn({ dynamodb: change }: DynamoDBRecord): OrderChange | undefined {
  if (!change?.NewImage || !change.Keys?.pk?.S?.startsWith("O#")) return undefined
  const after = decodeOrder(change.NewImage as Record<string, AttributeValue>)
  const before = change.OldImage && decodeOrder(change.OldImage as Record<string, AttributeValue>)
  return { before, after }
}

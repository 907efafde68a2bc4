import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import type { DynamoDBRecord } from "aws-lambda"
import { REFUND_PREFIX } from "../persistence/keys.ts"
import { decodeOrder } from "../persistence/order-codec.ts"
import { decodeRefund } from "../persistence/refund-codec.ts"
import type { OrderChange } from "../usecases/consumption-records.ts"
import type { RefundChange } from "../usecases/recover-refund.ts"

/** The change of an order in a stream record; undefined where the item is no order. */
export function orderChangeIn({ dynamodb: change }: DynamoDBRecord): OrderChange | undefined {
  if (!change?.NewImage || !change.Keys?.pk?.S?.startsWith("O#")) return undefined
  const after = decodeOrder(change.NewImage as Record<string, AttributeValue>)
  const before = change.OldImage && decodeOrder(change.OldImage as Record<string, AttributeValue>)
  return { before, after }
}

/** The change of a refund in a stream record; undefined where the item is none. */
export function refundChangeIn({ dynamodb: change }: DynamoDBRecord): RefundChange | undefined {
  if (!change?.NewImage || !change.Keys?.pk?.S?.startsWith(REFUND_PREFIX)) return undefined
  const after = decodeRefund(change.NewImage as Record<string, AttributeValue>)
  const before = change.OldImage && decodeRefund(change.OldImage as Record<string, AttributeValue>)
  return { before, after }
}

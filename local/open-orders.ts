import { type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb"
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs"
import type { Leg, Order } from "../domain/order.ts"
import { legsToUndo } from "../domain/undo-outcome.ts"
import { orderKey } from "../persistence/keys.ts"
import { decodeOrder } from "../persistence/order-codec.ts"
import type { PollMessage } from "../usecases/ports.ts"

/**
 * Asks about every order that is not final and every one that ended without its money: the queue's messages and the running
 * undoings were in memory and are gone with the last run, or were never begun because it was killed. Asked twice harms
 * nobody. Gives how many there were.
 */
export async function armOpenOrders(given: {
  dynamodb: DynamoDBClient
  sqs: SQSClient
  mainTable: string
  /** By channel. */
  pollQueues: Partial<Record<string, string>>
}): Promise<number> {
  const { dynamodb, sqs, mainTable, pollQueues } = given
  const orders = {
    TableName: mainTable,
    FilterExpression: "sk = :order",
    ExpressionAttributeValues: { ":order": { S: orderKey("").sk } },
  }
  let armed = 0
  for await (const { Items = [] } of paginateScan({ client: dynamodb }, orders)) {
    for (const item of Items) {
      const order = decodeOrder(item)
      const legs = openLegs(order)
      for (const leg of legs) {
        const QueueUrl = pollQueues[leg.channel]
        if (!QueueUrl) continue
        const message: PollMessage = { tradeNo: order.tradeNo, legNo: leg.no, step: 0 }
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }))
      }
      if (legs.length > 0) armed += 1
    }
  }
  return armed
}

function openLegs(order: Order): readonly Leg[] {
  return order.state === "PAYING" ? order.legs.filter(({ state }) => state === "PENDING") : legsToUndo(order)
}

import { type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb"
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs"
import type { Leg, Order } from "../domain/order.ts"
import { legsToUndo } from "../domain/undo-outcome.ts"
import type { Item } from "../persistence/attributes.ts"
import { orderKey, refundKey } from "../persistence/keys.ts"
import { decodeOrder } from "../persistence/order-codec.ts"
import { decodeRefund } from "../persistence/refund-codec.ts"
import type { PollMessage, RefundMessage } from "../usecases/ports.ts"

/**
 * Asks about every order and refund that is not final and every order that ended without its money: the queue's messages and
 * the running workflows were in memory and are gone with the last run, or were never begun because it was killed. Asked twice
 * harms nobody. Gives how many there were.
 */
export async function armOpenOrders(given: {
  dynamodb: DynamoDBClient
  sqs: SQSClient
  mainTable: string
  /** By channel. */
  pollQueues: Partial<Record<string, string>>
}): Promise<number> {
  const { dynamodb, sqs, mainTable, pollQueues } = given
  const items = {
    TableName: mainTable,
    FilterExpression: "sk IN (:order, :refund)",
    ExpressionAttributeValues: { ":order": { S: orderKey("").sk }, ":refund": { S: refundKey("").sk } },
  }
  let armed = 0
  for await (const { Items = [] } of paginateScan({ client: dynamodb }, items)) {
    for (const item of Items) {
      const questions = questionsAbout(item)
      for (const { channel, message } of questions) {
        const QueueUrl = pollQueues[channel]
        if (!QueueUrl) continue
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }))
      }
      if (questions.length > 0) armed += 1
    }
  }
  return armed
}

type Question = { channel: string; message: PollMessage | RefundMessage }

function questionsAbout(item: Item): Question[] {
  if (item.sk?.S === refundKey("").sk) {
    const { refundId, channel, state } = decodeRefund(item)
    return state === "PROCESSING" ? [{ channel, message: { refundId, step: 0 } }] : []
  }
  const order = decodeOrder(item)
  const { tradeNo } = order
  return openLegs(order).map(({ channel, no }) => ({ channel, message: { tradeNo, legNo: no, step: 0 } }))
}

function openLegs(order: Order): readonly Leg[] {
  return order.state === "PAYING" ? order.legs.filter(({ state }) => state === "PENDING") : legsToUndo(order)
}

import { type DynamoDBClient, paginateScan } from "@aws-sdk/client-dynamodb"
import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs"
import { ATTEMPT_LEASE_MS } from "../domain/notification.ts"
import { NOTIFICATION_PREFIX } from "../persistence/keys.ts"
import { decodeNotification } from "../persistence/notification-codec.ts"
import type { NotificationMessage } from "../usecases/notification-ports.ts"

/**
 * Sends a message for every notification that waits for its next attempt: the queue's own were in memory and are gone with
 * the last run. One that is not due yet only waits on. Gives how many there were.
 */
export async function armOpenNotifications(given: {
  dynamodb: DynamoDBClient
  sqs: SQSClient
  mainTable: string
  queueUrl: string
}): Promise<number> {
  const { dynamodb, sqs, mainTable, queueUrl } = given
  const waiting = {
    TableName: mainTable,
    FilterExpression: "begins_with(pk, :notification) AND st = :waiting",
    ExpressionAttributeValues: { ":notification": { S: NOTIFICATION_PREFIX }, ":waiting": { S: "WAITING" } },
  }
  let armed = 0
  for await (const { Items = [] } of paginateScan({ client: dynamodb }, waiting)) {
    for (const item of Items) {
      const { tradeNo, sequence, holder } = decodeNotification(item)
      const message: NotificationMessage = { tradeNo, sequence }
      // Whoever was at it died with the last run; its attempt counts as over when its time is.
      const DelaySeconds = holder === undefined ? 0 : ATTEMPT_LEASE_MS / 1000
      await sqs.send(
        new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message), DelaySeconds }),
      )
      armed += 1
    }
  }
  return armed
}

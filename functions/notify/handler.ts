import type { SQSBatchResponse, SQSEvent } from "aws-lambda"
import * as z from "zod"
import { countRare } from "../../http/rare-events.ts"
import type { NotificationQueueName } from "../../usecases/notification-ports.ts"
import { sendNotification } from "../../usecases/send-notification.ts"
import { readEnvironment } from "../environment.ts"
import { memberStores } from "../member-stores.ts"
import { merchantSending } from "../merchant-sending.ts"
import { platformSecrets } from "../secrets.ts"
import { work } from "../worker.ts"

const environment = readEnvironment()
const secrets = platformSecrets(environment)
const ports = merchantSending(environment, secrets, memberStores(environment, secrets.heldDataKeys))

const Message = z.object({ tradeNo: z.string(), sequence: z.int() })

/** A16: tells merchants. A batch goes out at once, so that a slow endpoint holds up none of the others in it. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failed = await Promise.all(
    event.Records.map(async ({ messageId, body, eventSourceARN }) => {
      try {
        await work("notify", messageId, async () => {
          const result = await sendNotification(
            ports,
            Message.parse(JSON.parse(body)),
            queueIn(eventSourceARN),
          )
          if (result === "undelivered") countRare({ event: "NotificationUndelivered", call: "notify" })
        })
        return undefined
      } catch {
        return { itemIdentifier: messageId }
      }
    }),
  )
  return { batchItemFailures: failed.filter((it) => it !== undefined) }
}

/** Dead letters of both are what may wait. */
function queueIn(queueArn: string): NotificationQueueName {
  return queueArn.endsWith("-notifications") ? "first" : "repeats"
}

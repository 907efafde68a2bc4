import type { SQSBatchResponse, SQSEvent } from "aws-lambda"
import * as z from "zod"
import { REPEAT_PLAN_MS } from "../../domain/notification.ts"
import { countRare } from "../../http/rare-events.ts"
import { endpointHealthStore } from "../../persistence/endpoint-health-store.ts"
import { notificationStore } from "../../persistence/notification-store.ts"
import { endpointWatch } from "../../usecases/endpoint-watch.ts"
import type { NotificationQueueName } from "../../usecases/notification-ports.ts"
import { type SendNotificationPorts, sendNotification } from "../../usecases/send-notification.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb, random } from "../machine.ts"
import { notificationQueues } from "../notification-queues.ts"
import { platformSecrets } from "../secrets.ts"
import { work } from "../worker.ts"
import { notificationSender } from "./notification-sender.ts"
import { nameResolver } from "./post.ts"

/** Contract §3. */
const RECEIVED_WITHIN_MS = 5_000

const environment = readEnvironment()
const { mainTable, speed, notifyLoopback } = environment

const ports: SendNotificationPorts = {
  clock,
  random,
  notifications: notificationStore(dynamodb, mainTable),
  notificationQueues: notificationQueues(environment),
  endpoints: endpointWatch(endpointHealthStore(dynamodb, mainTable)),
  sender: notificationSender({
    nowMs: clock.nowMs,
    answerKey: platformSecrets(environment).answerKey,
    rules: { loopback: notifyLoopback },
    resolve: nameResolver(),
    timeoutMs: RECEIVED_WITHIN_MS,
  }),
  planMs: REPEAT_PLAN_MS.map((ms) => ms / speed),
}

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

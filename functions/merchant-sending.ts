/** How merchants are told, put together for a deployed function. */
import { REPEAT_PLAN_MS } from "../domain/notification.ts"
import { endpointPaceStore } from "../persistence/endpoint-pace-store.ts"
import { notificationStore } from "../persistence/notification-store.ts"
import { undeliveredNews } from "../persistence/undelivered-news.ts"
import { endpointPace } from "../usecases/endpoint-pace.ts"
import { memberSender } from "../usecases/member-sender.ts"
import type { SendNotificationPorts } from "../usecases/send-notification.ts"
import type { Environment } from "./environment.ts"
import { clock, dynamodb, random } from "./machine.ts"
import type { memberStores } from "./member-stores.ts"
import { notificationQueues } from "./notification-queues.ts"
import { notificationSender } from "./notify/notification-sender.ts"
import { nameResolver } from "./notify/post.ts"
import type { platformSecrets } from "./secrets.ts"

/** Contract §3. */
const RECEIVED_WITHIN_MS = 5_000

export function merchantSending(
  environment: Environment,
  { answerKey }: Pick<ReturnType<typeof platformSecrets>, "answerKey">,
  members: ReturnType<typeof memberStores>,
): SendNotificationPorts {
  const { mainTable, speed, notifyLoopback } = environment
  const notifications = notificationStore(dynamodb, mainTable)
  const sender = notificationSender({
    nowMs: clock.nowMs,
    answerKey,
    rules: { loopback: notifyLoopback },
    resolve: nameResolver(),
    timeoutMs: RECEIVED_WITHIN_MS,
  })
  return {
    clock,
    random,
    notifications,
    notificationQueues: notificationQueues(environment),
    endpoints: endpointPace(endpointPaceStore(dynamodb, mainTable)),
    undelivered: undeliveredNews(dynamodb, mainTable),
    sender: memberSender({ clock, notifications, ...members }, sender),
    planMs: REPEAT_PLAN_MS.map((ms) => ms / speed),
  }
}

import type { KeyObject } from "node:crypto"
import { randomBytes } from "node:crypto"
import type { Notification } from "../../domain/notification.ts"
import { signNotification } from "../../http/notification-signature.ts"
import type { NotificationSender } from "../../usecases/notification-ports.ts"
import { type PostSettings, post } from "./post.ts"

/** Sends notifications over HTTP, each attempt signed anew: the receiver checks how old a signature is. */
export function notificationSender(
  settings: PostSettings & {
    nowMs(): number
    answerKey(): Promise<{ keyId: string; privateKey: KeyObject }>
  },
): NotificationSender {
  return {
    async send(notification) {
      const key = await settings.answerKey()
      const body = Buffer.from(notificationBody(notification))
      const outcome = await post(
        notification.url,
        async (targetUri) => {
          const nonce = randomBytes(18).toString("base64url")
          const signature = signNotification({ targetUri, body }, key, settings.nowMs(), nonce)
          return { headers: { ...HEADERS, ...signature }, body }
        },
        settings,
      )
      if ("why" in outcome) return { received: false, outcome: outcome.why }
      const received = outcome.status >= 200 && outcome.status < 300
      const answer = received ? outcome.body?.toString("utf8") : undefined
      return { received, outcome: `status ${outcome.status}`, answer }
    },
  }
}

const HEADERS = {
  "Content-Type": "application/json; charset=utf-8",
  "User-Agent": "MetroPay-Notifications/1",
  Connection: "close",
}

/** The same bytes at every attempt. `data` is JSON already. */
export function notificationBody(notification: Notification): string {
  const { eventId, type, createdAtMs, sequence, data } = notification
  const head = JSON.stringify({
    event_id: eventId,
    event_type: type,
    created: new Date(createdAtMs).toISOString(),
    sequence,
  })
  return `${head.slice(0, -1)},"data":${data}}`
}

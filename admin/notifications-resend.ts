import type { Notification } from "../domain/notification.ts"
import { resendNotification } from "../usecases/resend-notification.ts"
import type { Answer, Command, Request } from "./command.ts"
import type { Desk } from "./desk.ts"
import { findNamedOrder, noSuchOrder } from "./find-order.ts"
import { recorded, whoAndWhy } from "./recorded.ts"

/** Stands for all of them. */
const ALL = "undelivered"
const AT_ONCE = 50

type Chosen = { notifications: Notification[] } | Extract<Answer, { ok: false }>

/** A16: sends again what was not received, or once more what was. */
export const notificationsResend: Command = {
  name: "notifications resend",
  words: `NUMBER [EVENT_ID] | ${ALL}`,
  summary: "Sends notifications again, from the beginning of their plan",
  details: [
    "NUMBER is the order's: all of its undelivered ones, or the one named, received or not. The event_id stays, so",
    `that a merchant who has it already does nothing twice. "${ALL}" means those of all orders, the oldest first.`,
  ],
  takes: ["limit", "operator", "reason"],
  wordCount: { min: 1, max: 2 },
  async run(request, desk) {
    const chosen = await choose(request, desk)
    if (!("notifications" in chosen)) return chosen
    let sent = 0
    for (const notification of chosen.notifications) if (await resend(desk, notification, request)) sent += 1
    const untouched = chosen.notifications.length - sent
    return {
      ok: true,
      lines: [
        `${sent} ${sent === 1 ? "is" : "are"} sent again.`,
        ...(untouched > 0
          ? [`${untouched} changed just then and ${untouched === 1 ? "was" : "were"} left.`]
          : []),
      ],
    }
  },
}

async function choose({ words, limit = AT_ONCE }: Request, desk: Desk): Promise<Chosen> {
  const [first = "", eventId] = words
  if (first === ALL && eventId === undefined) {
    const notifications = await desk.notifications.undelivered(limit)
    return notifications.length > 0 ? { notifications } : no("every merchant was told")
  }
  const order = await findNamedOrder(desk.orders, [first])
  if (!order) return noSuchOrder([first])
  const all = await desk.notifications.ofOrder(order.tradeNo)
  const notifications = all.filter((it) =>
    eventId === undefined ? it.state === "UNDELIVERED" : it.eventId === eventId,
  )
  if (notifications.length > 0) return { notifications }
  return eventId === undefined
    ? no("none of this order is undelivered; name an EVENT_ID to send one again that was received")
    : no(`this order has no notification ${eventId}`)
}

function resend(desk: Desk, notification: Notification, request: Request): Promise<boolean> {
  const { tradeNo, eventId, type } = notification
  return recorded(
    desk,
    {
      action: "notifications resend",
      subject: tradeNo,
      what: `${type} ${eventId}`,
      ...whoAndWhy(request),
    },
    () => resendNotification(desk, notification),
    (sent) => (sent ? "sent again" : "changed just then"),
  )
}

function no(why: string): Extract<Answer, { ok: false }> {
  return { ok: false, why }
}

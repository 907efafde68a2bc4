/** Which changes of orders and refunds their merchant is told of, as the state tables say. */
import { sha256 } from "./hash.ts"
import type { NotificationType } from "./notification.ts"
import type { Order } from "./order.ts"
import { type Emission, type OrderState, transitionOf } from "./order-states.ts"
import type { Refund } from "./refund.ts"
import { type RefundEmission, type RefundState, refundTransitionOf } from "./refund-states.ts"

/** Something that happened once. */
export type NotificationEvent = {
  /** The same however often and wherever it is made. */
  eventId: string
  type: NotificationType
  atMs: number
}

const TYPES: Partial<Record<Emission | RefundEmission, NotificationType>> = {
  "notify.succeeded": "payment.succeeded",
  "notify.failed": "payment.failed",
  "notify.closed": "payment.closed",
  "notify.refundSucceeded": "refund.succeeded",
  "notify.refundFailed": "refund.failed",
}

/** What one write of an order told; `before` is undefined for its first. */
export function orderNotifications(before: Order | undefined, after: Order): NotificationEvent[] {
  const start: OrderState | "NONE" = before?.state ?? "NONE"
  return told(after.tradeNo, before?.events.length ?? 0, after.events, start, transitionOf)
}

export function refundNotifications(before: Refund | undefined, after: Refund): NotificationEvent[] {
  const start: RefundState | "NONE" = before?.state ?? "NONE"
  return told(after.refundId, before?.events.length ?? 0, after.events, start, refundTransitionOf)
}

/** A write without a new event, such as that of a lease, tells nothing. */
function told<State extends string, Name extends string>(
  subject: string,
  known: number,
  events: readonly { event: Name; atMs: number }[],
  start: State,
  transition: (
    from: State,
    event: Name,
  ) => { to: State; emits: readonly (Emission | RefundEmission)[] } | undefined,
): NotificationEvent[] {
  let state = start
  let latestMs = events.slice(0, known).reduce((latest, { atMs }) => Math.max(latest, atMs), 0)
  const found: NotificationEvent[] = []
  events.slice(known).forEach(({ event, atMs }, index) => {
    // Functions' clocks differ by moments: what came later is never told as earlier.
    latestMs = Math.max(latestMs, atMs)
    const made = transition(state, event)
    if (!made) return
    state = made.to
    for (const emission of made.emits) {
      const type = TYPES[emission]
      if (type) found.push({ eventId: eventIdOf(subject, known + index, type), type, atMs: latestMs })
    }
  })
  return found
}

/** @param index of the event among those of its order or refund, whose numbers are 26 digits each and never the same */
function eventIdOf(subject: string, index: number, type: NotificationType): string {
  return sha256(["notification", subject, String(index), type])
    .toString("hex")
    .slice(0, 32)
}

/**
 * What a merchant is told of by itself (A16): one notification for each end of a payment or refund, sent until it is
 * received or its plan is used up. The contract's plan of repeats and what counts as received: contract §3.
 */
export const NOTIFICATION_TYPES = [
  "payment.succeeded",
  "payment.failed",
  "payment.closed",
  "refund.succeeded",
  "refund.failed",
  "member.opened",
  "member.left",
  "member.phone_changed",
] as const
export type NotificationType = (typeof NOTIFICATION_TYPES)[number]

/** WAITING: for its next attempt. DELIVERED: received. UNDELIVERED: the plan is used up; only a person goes on. */
export const NOTIFICATION_STATES = ["WAITING", "DELIVERED", "UNDELIVERED"] as const
export type NotificationState = (typeof NOTIFICATION_STATES)[number]

export type Notification = {
  /** The order it is about, also where it is about one of its refunds; a membership or a phone: domain/member-events.ts. */
  tradeNo: string
  /** Rises with each event of an order; no two of an order are the same. */
  sequence: number
  eventId: string
  type: NotificationType
  merchantId: string
  url: string
  /** The event's data in JSON, as of the event: the same bytes are sent each time. */
  data: string
  createdAtMs: number
  state: NotificationState
  /** Rises by one with each write. */
  version: number
  /** Attempts that were begun in this round. */
  attempts: number
  /** When the next attempt may begin. While one is under way, that is when it must be over. */
  dueMs: number
  /** Who makes the attempt that is under way; whoever it is may have died. */
  holder?: string
  /** What came of the last attempt, in few words of ours. */
  lastOutcome?: string
  lastAttemptAtMs?: number
}

/** Waits between attempts (contract §3): the first is made at once, so there is one attempt more than waits. */
export const REPEAT_PLAN_MS: readonly number[] = [
  15, 15, 30, 180, 600, 1_200, 1_800, 3_600, 7_200, 10_800, 10_800, 21_600, 21_600,
].map((seconds) => seconds * 1_000)

/**
 * How long an attempt may be under way: longer than an endpoint is waited for (5 s) and its function runs (12 s), shorter
 * than the queue takes to deliver a message again whose function died (72 s).
 */
export const ATTEMPT_LEASE_MS = 15_000

export function newNotification(
  facts: Pick<
    Notification,
    "tradeNo" | "sequence" | "eventId" | "type" | "merchantId" | "url" | "data" | "createdAtMs"
  >,
): Notification {
  return {
    ...facts,
    state: "WAITING",
    version: 1,
    attempts: 0,
    dueMs: facts.createdAtMs,
  }
}

/** Begins an attempt; where the plan has none left, since the last one was begun and never ended, gives it up. */
export function beginAttempt(
  notification: Notification,
  holder: string,
  nowMs: number,
  planMs: readonly number[],
): Notification {
  const { attempts, version } = notification
  if (attempts > planMs.length) return ended(notification, "UNDELIVERED")
  return {
    ...notification,
    version: version + 1,
    attempts: attempts + 1,
    dueMs: nowMs + ATTEMPT_LEASE_MS,
    holder,
    lastAttemptAtMs: nowMs,
  }
}

export function received(notification: Notification, outcome: string): Notification {
  return { ...ended(notification, "DELIVERED"), lastOutcome: outcome }
}

/** The attempt under way came to nothing: the next one is due after the plan's wait, if there is one. */
export function notReceived(
  notification: Notification,
  outcome: string,
  nowMs: number,
  planMs: readonly number[],
): Notification {
  const waitMs = planMs[notification.attempts - 1]
  if (waitMs === undefined) return { ...ended(notification, "UNDELIVERED"), lastOutcome: outcome }
  return {
    ...notification,
    version: notification.version + 1,
    dueMs: nowMs + waitMs,
    holder: undefined,
    lastOutcome: outcome,
  }
}

/** From the beginning of the plan, whatever became of it before: under the same id, so that nobody counts it twice. */
export function sentAgain(notification: Notification, nowMs: number): Notification {
  const { version } = notification
  return {
    ...notification,
    state: "WAITING",
    version: version + 1,
    attempts: 0,
    dueMs: nowMs,
    holder: undefined,
  }
}

function ended(notification: Notification, state: "DELIVERED" | "UNDELIVERED"): Notification {
  return { ...notification, state, version: notification.version + 1, holder: undefined }
}

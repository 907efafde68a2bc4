/** What telling merchants needs of the world, beside usecases/ports.ts. */
import type { Notification } from "../domain/notification.ts"

export type NotificationKey = Pick<Notification, "tradeNo" | "sequence">

export type NotificationStore = {
  /**
   * Keeps it under the first sequence number from its own on that is free; `stored` is what then stands there. Where the
   * same event has been kept before, that is what is given, whatever became of it since.
   */
  keep(notification: Notification): Promise<{ kept: boolean; stored: Notification }>
  /** Strongly consistent. */
  read(key: NotificationKey): Promise<Notification | undefined>
  /** Writes `next` if it is still `previous.version`; false where somebody was faster. */
  advance(previous: Notification, next: Notification): Promise<boolean>
  /** All of an order, by their sequence. */
  ofOrder(tradeNo: string): Promise<Notification[]>
  /** Those whose plan is used up, the longest first; may be a moment old. */
  undelivered(limit: number): Promise<Notification[]>
}

/** "Something may be due": doubled or late ones harm nobody. */
export type NotificationMessage = NotificationKey

/** First attempts, and everything that may have to wait: neither holds up the other. */
export type NotificationQueueName = "first" | "repeats"

export type NotificationQueues = {
  /** Waits longer than the queue can are shortened: who gets the message too early sends it again. */
  send(queue: NotificationQueueName, message: NotificationMessage, delayMs: number): Promise<void>
}

/**
 * What came of one attempt; `outcome` in few words of ours, with nothing of what the endpoint said. `answer` is that, where it
 * was received and ended in time: for who asks something of it, never to be kept or logged.
 */
export type SendOutcome = { received: boolean; outcome: string; answer?: string }

export type NotificationSender = {
  /** Never throws for what an endpoint does; answers within its time-out. */
  send(notification: Notification): Promise<SendOutcome>
}

/** Where a merchant is told. Merchants never share one: what one does must not slow another. */
export type Endpoint = { merchantId: string; host: string }

/** How quick endpoints are, as all functions have found them. */
export type EndpointPaceStore = {
  /**
   * "quick": it was so lately. Otherwise one caller at a time is told to find out ("probe"), until it says what it found or
   * its time is over; "busy" for all others, and while it is known to be slow.
   */
  probe(endpoint: Endpoint, nowMs: number, untilMs: number): Promise<"quick" | "probe" | "busy">
  setQuick(endpoint: Endpoint, untilMs: number): Promise<void>
  setSlow(endpoint: Endpoint, untilMs: number): Promise<void>
}

/** So that an endpoint which its owner gave up is told of once a day, and not with each notification. */
export type UndeliveredNews = {
  /** Whether it was not said within the last day that this merchant cannot be told; from now on it was. */
  isNews(merchantId: string, nowMs: number): Promise<boolean>
}

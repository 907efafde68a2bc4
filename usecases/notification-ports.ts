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

/** What came of one attempt; `outcome` in few words of ours, with nothing of what the endpoint said. */
export type SendOutcome = { received: boolean; outcome: string }

export type NotificationSender = {
  /** Never throws for what an endpoint does; answers within its time-out. */
  send(notification: Notification): Promise<SendOutcome>
}

/** Attempts at a merchant's endpoint within a window, shared by all functions. */
export type EndpointHealth = { attempts: number; failed: number }

export type Endpoint = { merchantId: string; host: string }

export type EndpointHealthStore = {
  read(endpoint: Endpoint, windowStartMs: number): Promise<EndpointHealth>
  /** Adds to the counts of that window. */
  report(endpoint: Endpoint, windowStartMs: number, seen: EndpointHealth): Promise<void>
}

import type { JsonWebKey, KeyObject } from "node:crypto"
import type { RefundOutput } from "../api/merchant-api.ts"
import { type ClientClock, SYSTEM_CLOCK } from "./clock.ts"
import { fetchKeyList } from "./key-list.ts"
import type { Payment } from "./messages.ts"
import { type PlatformKeySet, PlatformKeys, readPublicKey } from "./platform-keys.ts"
import { type ReceivedRequest, verifyNotification } from "./verify-notification.ts"

/** A customer, and the phone number as it is at that moment: mainland numbers in 11 digits, all others in E.164. */
export type Member = { uid: string; merchant_id: string; phone: string }

/**
 * What the platform tells: the end of a payment or of a refund, with what orderquery or refundquery said then; a customer who
 * becomes a member, leaves or has a new phone number.
 */
export type Notice = {
  /** The same each time it is sent. */
  event_id: string
  /** ISO 8601 UTC: when it happened. */
  created: string
  /** Rises with each event of an order, its refunds included. */
  sequence: number
} & (
  | { event_type: "payment.succeeded" | "payment.failed" | "payment.closed"; data: Payment }
  | { event_type: "refund.succeeded" | "refund.failed"; data: RefundOutput }
  | { event_type: "member.opened" | "member.left" | "member.phone_changed"; data: Member }
)

export type Received = { ok: true; notice: Notice } | { ok: false; why: string }

export type ReceiverOptions = {
  /** The platform's public address. */
  baseUrl: string
  /** As for the client: a JWK set to begin with, and the root key by which changes of keys are followed. */
  platformKeys: PlatformKeySet
  platformRootKey?: string | JsonWebKey | KeyObject
  clock?: Pick<ClientClock, "nowMs">
}

/** The platform wants its answer within 5 s; keys that are fetched anew must leave time for the rest. */
const KEYS_WITHIN_MS = 3_000

/** Reads notifications, and believes only the platform. */
export class NotificationReceiver {
  readonly #keys: PlatformKeys
  readonly #clock: Pick<ClientClock, "nowMs">

  /** Throws where a key cannot be read. */
  constructor({ baseUrl, platformKeys, platformRootKey, clock = SYSTEM_CLOCK }: ReceiverOptions) {
    this.#clock = clock
    const rootKey = platformRootKey === undefined ? undefined : readPublicKey(platformRootKey)
    const address = baseUrl.replace(/\/+$/, "")
    this.#keys = new PlatformKeys(platformKeys, rootKey, (signal) => fetchKeyList(address, signal))
  }

  /**
   * What was told, or why it is not believed: then answer 401, and the platform sends it again. Whether it was told before is
   * for the caller to know.
   */
  async read(request: ReceivedRequest): Promise<Received> {
    const signal = AbortSignal.timeout(KEYS_WITHIN_MS)
    const nowMs = this.#clock.nowMs()
    const verified = await verifyNotification(request, (id) => this.#keys.find(id, nowMs, signal), nowMs)
    if (!verified.ok) return verified
    try {
      // Its signature was verified, so its fields are the contract's.
      return { ok: true, notice: JSON.parse(request.body.toString("utf8")) as Notice }
    } catch {
      return { ok: false, why: "the notification is no JSON" }
    }
  }
}

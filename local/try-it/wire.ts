/** What the try-it page and its helpers under /local/try-it/ say to each other. Amounts in fen, times ISO 8601 in UTC. */
import type { ChannelId } from "../../domain/channel.ts"
import type { OrderEventName, OrderState } from "../../domain/order-states.ts"

export const CALL_NAMES = ["applypay", "orderquery", "reverse"] as const
export type CallName = (typeof CALL_NAMES)[number]

/** `POST /local/try-it/call`: have a demo merchant's till make this signed call. The platform checks `input`, not the helper. */
export type CallInput = {
  merchantId: string
  name: CallName
  input: Record<string, unknown>
  language: "zh" | "en"
}

/** A signed call as it went over the wire. Bodies are text; header names are as they were sent. */
export type Exchange = {
  name: CallName
  sentAt: string
  tookMs: number
  request: {
    method: string
    url: string
    headers: Record<string, string>
    body: string
    /** The very text that was signed (RFC 9421). */
    signatureBase: string
  }
  /** Absent where no answer came. */
  answer?: { status: number; headers: Record<string, string>; body: string }
  /** Whether the platform's signature over this answer to this call holds; else the result is unknown. */
  trust: { ok: true; keyId: string } | { ok: false; why: string }
}

/** `POST /local/try-it/barcodes {"code"}`: two pictures of the same digits, as SVG. */
export type Barcodes = { qr: string; code128: string }

/** `GET /local/try-it/watch?merchant_id=…&out_request_no=…`; without them only the platform's clock and channels. */
export type Watch = {
  now: string
  /** Every waiting plan is divided by it. */
  speed: number
  /** Channels that are simulated, and so can be cut off. */
  channels: readonly ChannelId[]
  order?: WatchedOrder
}

/** What a merchant never sees of its order. */
export type WatchedOrder = {
  payOutTradeNo: string
  state: OrderState
  version: number
  /** Until then only one process may talk to the channel about this order. */
  leaseUntil?: string
  steps: readonly OrderStep[]
  books: ChannelBooks
  /** What stands on the exceptions desk about it. */
  exceptions: readonly { kind: string; since: string; tries: number; lastTried: string }[]
}

export type OrderStep = { event: OrderEventName; from: OrderState | "NONE"; to: OrderState; at: string }

export type ChannelBooks = {
  /** Absent where no channel was ever asked. */
  channel?: ChannelId
  charged: number
  returned: number
}

/**
 * What the use cases need of the world. Time, randomness, stores, channels and queues all come in as arguments, so that
 * the whole platform runs in a simulation from one seed. Adapters: persistence/, channels/, functions/; in-memory ones in
 * test/simulation/.
 */
import type { AgreementPayType, ChannelId, PayType } from "../domain/channel.ts"
import type { ChargeOutcome, QueryOutcome, ReturnOutcome, ReverseOutcome } from "../domain/charge-outcome.ts"
import type { Agreement, Customer, IssuedCode } from "../domain/customer.ts"
import type { Fen } from "../domain/money.ts"
import type { LegIntent, Order } from "../domain/order.ts"
import type { CodeKind } from "../domain/payment-code.ts"
import type { Refund } from "../domain/refund.ts"

/** Wall time decides days and lives of codes; monotonic time decides deadlines within a call. Both in milliseconds. */
export type Clock = {
  nowMs(): number
  monotonicMs(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A cryptographic source. */
export type Random = {
  /** That many decimal digits, each equally likely. */
  digits(count: number): string
  /** A sortable unique id (ULID). */
  id(nowMs: number): string
}

export type OrderStore = {
  /**
   * Puts the order where its number is free; where it was retracted, takes the number over at the next version. `order` is
   * what then stands in the store. Otherwise gives back what stands there. Answers "put" also when an earlier try of this
   * very attempt had got through and only its answer was lost (same lease holder).
   */
  create(order: Order): Promise<{ put: true; order: Order } | { put: false; stored: Order }>
  /**
   * Writes `next` if the order is still `previous.version` and leased by the same holder; otherwise gives what stands
   * there. Answers "written" also when this very write had got through before.
   */
  advance(previous: Order, next: Order): Promise<{ written: true } | { written: false; stored: Order }>
  /** Strongly consistent. */
  read(tradeNo: string): Promise<Order | undefined>
}

export type RefundStore = {
  /**
   * Puts the refund where its number is free; where it was retracted, takes the number over at the next version. Otherwise
   * gives back what stands there. Answers "put" also when an earlier try of this very attempt had got through.
   */
  create(refund: Refund): Promise<{ put: true; refund: Refund } | { put: false; stored: Refund }>
  /** Writes `next` if the refund is still `previous.version`; otherwise gives what stands there. */
  advance(previous: Refund, next: Refund): Promise<{ written: true } | { written: false; stored: Refund }>
  /** Strongly consistent. */
  read(refundId: string): Promise<Refund | undefined>
}

export type ClaimResult =
  | { claimed: true; code: IssuedCode }
  | { claimed: false; why: "unknown" | "expired" | "used" }

/** The request that a code is bound to, its order, and which attempt of it asks: an id made anew for each attempt. */
export type Claimant = { owner: string; tradeNo: string; attempt: string }

export type CodeStore = {
  /** Keeps a new code; false where that payment ID is taken already. */
  put(code: IssuedCode): Promise<boolean>
  /**
   * Binds the code to its owner in one conditional write: holds when it has no owner and is not expired, or when the
   * owner is already this one (also after its life: a replay must find what it found before).
   */
  claim(payId: string, by: Claimant, notExpiredBeforeMs: number): Promise<ClaimResult>
  /**
   * Lets the code go if this owner holds it and no other attempt of the same request claimed it too: that one may be
   * about to charge.
   */
  release(payId: string, by: Claimant): Promise<void>
  /** May be a moment old unless `consistent`. */
  read(payId: string, options?: { consistent: boolean }): Promise<IssuedCode | undefined>
}

/** What must be true of the people involved at the very moment of paying; read with one call, strongly consistent. */
export type PayerStore = {
  readPayer(key: {
    merchantId: string
    uid?: string
    payType?: PayType
    /** Start of the window of wrong codes to read; unset: not needed. */
    wrongCodeWindowMs?: number
    /** The channel account that is to be charged, and the window whose counts say whether it answers. */
    health?: { account: ChannelAccount; windowStartMs: number }
  }): Promise<{
    gate: MerchantGate
    wrongCodes: number
    /** Absent where it was not asked for, or nothing was amiss. */
    health?: ChannelHealth
    customer?: Customer
    agreement?: Agreement
  }>
}

export type CustomerStore = {
  read(uid: string): Promise<Customer | undefined>
  /** Opens the code (or only sets the default pay type where it is open); makes the customer where there is none. */
  open(uid: string, payType: AgreementPayType): Promise<Customer>
  /** Closes the code and ends the epoch. Closing twice ends one epoch more, which harms nobody. */
  close(uid: string): Promise<void>
}

export type AgreementStore = {
  list(uid: string): Promise<Agreement[]>
  put(agreement: Agreement): Promise<void>
  /** Ends exactly this agreement; false where it is not (any more) this customer's. */
  remove(agreement: Agreement): Promise<boolean>
}

/** A line of a customer's consumption records (A6). */
export type ConsumptionRecord = {
  tradeNo: string
  atMs: number
  totalFen: Fen
  state: Order["state"]
  merchantId: string
  payType?: PayType
  version: number
}

export type RecordStore = {
  /** Writes the line unless a later version of it stands there already: deliveries come twice and out of order. */
  put(uid: string, record: ConsumptionRecord): Promise<void>
  /** Newest first. `before` is the cursor that the previous page gave. */
  list(
    uid: string,
    page: { limit: number; before?: string },
  ): Promise<{ records: ConsumptionRecord[]; next?: string }>
}

/** What may have changed a second ago and decides over paying: kept small, read at each payment. */
export type MerchantGate = { disabled: boolean; settingsVersion: number }

/** An account of a merchant at a channel. Secrets are opened only by the channel's own adapter. */
export type ChannelAccount = {
  merchantId: string
  channel: ChannelId
  accountId: string
  settingsVersion: number
}

export type Merchant = {
  merchantId: string
  name: string
  timeZone: string
  /** Rises with each change; the gate carries the present one. */
  settingsVersion: number
  /** By pay type. A pay type without an account answers PAY_METHOD_OFF. */
  accounts: Partial<Record<PayType, ChannelAccount>>
  /** The API keys that are live. */
  keyIds: readonly string[]
}

export type MerchantStore = {
  /** Settings; may be served from memory as long as the version is at least this one. */
  read(merchantId: string, atLeastVersion?: number): Promise<Merchant | undefined>
}

/** Counts codes that were none, per merchant and window of five minutes. */
export type WrongCodeStore = {
  /** Adds one and gives the number so far in this window. */
  count(merchantId: string, windowStartMs: number): Promise<number>
  /** The number so far. */
  read(merchantId: string, windowStartMs: number): Promise<number>
}

/** The tables that are settings, not code (G6). */
export type PaymentSettings = {
  codeKinds: readonly CodeKind[]
  ownCodePrefix: string
  wrongCodes: { limit: number; windowMs: number }
  /** Most that is waited for a channel within a call. */
  channelTimeoutMs: number
  /** From the arrival of a call until its answer. */
  answerWithinMs: number
}

/** Patience in undoing (design §2, "Silence is unknown"); divided by the speed of a local trial. */
export type UndoSettings = {
  channelTimeoutMs: number
  /** How long after the lease a charge may still be on its way. */
  lateChargeMs: number
  /** What is not final after this long stands on the exceptions desk. */
  visibleAfterMs: number
  /** Waits between tries; the last goes on for ever. */
  retryPlanMs: readonly number[]
  /** When an order that ended without its money is asked about once more. */
  lateAskMs: number
}

/** Patience with refunds; divided by the speed of a local trial. */
export type RefundSettings = Pick<UndoSettings, "channelTimeoutMs" | "lateChargeMs" | "visibleAfterMs"> & {
  /** Delays between asking about one that is not certain, before the workflow takes over. */
  refundPlanMs: readonly number[]
  /** The workflow's wait between two tries. */
  refundRetryMs: number
  /** How long after the payment it may be refunded, where it is less than the channel's own window. */
  refundWindowsMs: Partial<Record<ChannelId, number>>
}

// --- channels ---------------------------------------------------------------------------------------------------------

/** Who is charged: the code that the channel itself issued, or the customer's agreement by the channel's number of it. */
export type ChargedBy = { intent: "code"; code: string } | { intent: "agreement"; contractId: string }

export type ChargeRequest = {
  account: ChannelAccount
  /** The number under which the channel shall know it; a channel takes money once per number. */
  channelOrderNo: string
  amountFen: Fen
  body: string
  storeId: string
  by: ChargedBy
  /** When the order was made: some channels find an order by number and time. */
  orderedAtMs: number
  /** Wall time after which the request must not leave any more: then the answer is `notSent`. */
  notAfterMs: number
  timeoutMs: number
}

export type QueryRequest = {
  account: ChannelAccount
  channelOrderNo: string
  /** What was asked for: an answer about another amount is no answer. */
  amountFen: Fen
  intent: LegIntent
  /** As in the charge. */
  orderedAtMs: number
  timeoutMs: number
}

/** What a channel can do is data that routing and undoing read; what it cannot do is never called. */
export type ChannelCapabilities = {
  intents: readonly LegIntent[]
  /** Longest its numbers may be, in characters. */
  maxOrderNoLength: number
  /** Undo of an unknown or paid order: how soon after the charge and how long it is possible. Undefined: not at all. */
  reverse?: { minWaitMs: number; windowMs: number }
  refund?: { windowMs: number; maxParts: number }
  /** Whether the channel tells by itself what became of a payment. */
  notifies: Partial<Record<LegIntent, boolean>>
  /** Delays between asking again, the first counted from the unknown answer. */
  queryPlanMs: readonly number[]
  /** Delays between asking within the merchant's call, for payments that the channel accepts first and makes then. */
  withinCallPlanMs: readonly number[]
}

/** Undoes a charge whose fate is unknown, or one that was paid: afterwards the channel holds nothing under that number. */
export type ReverseRequest = QueryRequest & {
  /** Wall time after which the request must not leave any more: then the answer is `notSent`. */
  notAfterMs: number
}

/** Gives money back under a number of its own: the same number never moves money twice. */
export type ReturnRequest = {
  account: ChannelAccount
  channelOrderNo: string
  channelRefundNo: string
  /** What was paid in all, and what of it goes back. */
  totalFen: Fen
  amountFen: Fen
  intent: LegIntent
  orderedAtMs: number
  /** As in the reversal. */
  notAfterMs: number
  timeoutMs: number
}

export type PayChannel = {
  id: ChannelId
  capabilities: ChannelCapabilities
  charge(request: ChargeRequest): Promise<ChargeOutcome>
  query(request: QueryRequest): Promise<QueryOutcome>
  /** Called only where `capabilities.reverse` says that it is possible. */
  reverse(request: ReverseRequest): Promise<ReverseOutcome>
  /** Called only where `capabilities.refund` is there. */
  refund(request: ReturnRequest): Promise<ReturnOutcome>
  queryRefund(request: ReturnRequest): Promise<ReturnOutcome>
}

export type Channels = Partial<Record<ChannelId, PayChannel>>

// --- queues -----------------------------------------------------------------------------------------------------------

/** "Ask the channel about this order": doubled or late ones harm nobody. */
export type PollMessage = { tradeNo: string; legNo: number; step: number }

/** "Go on with this refund", as harmless. */
export type RefundMessage = {
  refundId: string
  step: number
  /** A single question of somebody who met it: no other follows. */
  once?: true
}

export type PollQueue = {
  send(channel: ChannelId, message: PollMessage | RefundMessage, delayMs: number): Promise<void>
}

// --- undoing ----------------------------------------------------------------------------------------------------------

export type Undoings = {
  /**
   * Makes sure that an undoing of this order is under way: starts one named after order and generation; a name that is taken
   * counts as done only while that undoing still runs, otherwise the next generation is started.
   * @param after a generation that is known to have ended
   */
  ensure(tradeNo: string, after?: number): Promise<void>
}

/** The same for refunds that are not certain when their plan of asking is used up. */
export type Refundings = { ensure(refundId: string, after?: number): Promise<void> }

// --- exceptions -------------------------------------------------------------------------------------------------------

/** Why an order stands on the exceptions desk. */
export type ExceptionKind = "not final" | "surplus" | "undo refused" | "refund not final" | "refund refused"

export type OrderException = {
  tradeNo: string
  /** Where it is about one of the order's refunds. */
  refundId?: string
  merchantId: string
  kind: ExceptionKind
  sinceMs: number
  /** What was tried last, in the words of the channel or of the step. */
  lastTried: string
  lastTriedAtMs: number
  tries: number
}

export type ExceptionStore = {
  /** Puts an order on the desk, or notes a further try; `sinceMs` stays that of the first. */
  note(
    exception: Pick<OrderException, "tradeNo" | "refundId" | "merchantId" | "kind" | "lastTried">,
    nowMs: number,
  ): Promise<void>
  /** Takes it off the desk; the note stays for the trail. */
  resolve(tradeNo: string, kind: ExceptionKind, nowMs: number, refundId?: string): Promise<void>
  /** What is on the desk, oldest first. */
  list(limit: number): Promise<OrderException[]>
}

/** What a person did, when and to what: never changed, never deleted (H4). */
export type AuditEntry = { atMs: number; operator: string; action: string; subject: string; detail?: string }

export type AuditLog = {
  write(entry: AuditEntry): Promise<void>
  list(day: string, limit: number): Promise<AuditEntry[]>
}

/**
 * Calls that were refused, by their nonce: sent again byte for byte they are refused again, also where the order's state
 * would allow them by then (contract §2).
 */
export type RefusedCalls = {
  keep(merchantId: string, nonce: string, code: string, nowMs: number): Promise<void>
  /** The code it was refused with within the last 600 s. */
  read(merchantId: string, nonce: string, nowMs: number): Promise<string | undefined>
}

/** The second net: orders and refunds of a day, found without their numbers. */
export type OrderDays = {
  merchantIds(): Promise<string[]>
  /** The numbers of a merchant's orders of that day, page by page. */
  tradeNos(merchantId: string, day: string): AsyncIterable<string[]>
  /** The same of the refunds that were asked for on that day. */
  refundIds(merchantId: string, day: string): AsyncIterable<string[]>
}

// --- outages ----------------------------------------------------------------------------------------------------------

/** Calls to a channel account within the last half minute, shared by all functions; read with the payer. */
export type ChannelHealth = { calls: number; unanswered: number }

export type ChannelHealthStore = {
  /** Adds to the counts of that window. */
  report(account: ChannelAccount, windowStartMs: number, seen: ChannelHealth): Promise<void>
}

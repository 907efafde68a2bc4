/** One merchant, one customer and one channel that does as it is told, on stores in memory: for tests of the use cases. */
import type {
  ChargeOutcome,
  QueryOutcome,
  ReturnOutcome,
  ReverseOutcome,
} from "../../domain/charge-outcome.ts"
import type { PayRequest } from "../../domain/order.ts"
import { DEFAULT_CODE_KINDS, DEFAULT_OWN_PREFIX } from "../../domain/payment-code.ts"
import { type ApplyPayPorts, type ApplyPayResult, applyPay } from "../../usecases/apply-pay.ts"
import { channelBreaker } from "../../usecases/channel-breaker.ts"
import { issueCode, type ShownCode } from "../../usecases/consumption-code.ts"
import type { PollPorts } from "../../usecases/poll-order.ts"
import type { PollRefundPorts } from "../../usecases/poll-refund.ts"
import type {
  ChargeRequest,
  Merchant,
  PayChannel,
  PaymentSettings,
  QueryRequest,
  RefundSettings,
  ReturnRequest,
  ReverseRequest,
  UndoSettings,
} from "../../usecases/ports.ts"
import { type RefundOrderPorts, type RefundResult, refundOrder } from "../../usecases/refund-order.ts"
import { type ReversePorts, type ReverseResult, reverseOrder } from "../../usecases/reverse-order.ts"
import { memoryPolls, type SentPoll } from "./memory-polls.ts"
import { emptyTables, memoryStores } from "./memory-stores.ts"
import { seededRandom } from "./seeded-random.ts"
import { type VirtualTime, virtualTime } from "./virtual-time.ts"

/** 2025-06-01 12:00 in Shanghai, when a window of wrong codes begins. */
const OPENS_MS = Date.UTC(2025, 5, 1, 4)

export const MERCHANT_ID = "M1"
export const UID = "U1"
export const KEY_ID = "K1"
/** A code of WeChat's own. */
export const WECHAT_CODE = "134567890123456789"

export type SmallShop = Awaited<ReturnType<typeof openShop>>

export async function openShop() {
  const time = virtualTime(OPENS_MS)
  const tables = emptyTables()
  const stores = memoryStores(tables, time)
  const random = seededRandom(1)
  const polls: SentPoll[] = []
  const channel = obedientChannel(time)
  const undoings: string[] = []
  const refundings: string[] = []
  let ids = 0
  const ports: ShopPorts = {
    clock: time,
    random: { digits: (count) => random.digits(count), id: () => `T${++ids}` },
    codeKey: Buffer.alloc(32, 1),
    ...stores,
    channels: { wechat: channel },
    polls: memoryPolls(polls),
    breaker: channelBreaker(stores.health),
    undoings: {
      async ensure(tradeNo) {
        undoings.push(tradeNo)
      },
    },
    refundings: {
      async ensure(refundId) {
        refundings.push(refundId)
      },
    },
    answerWithinMs: 9_000,
    settings: {
      codeKinds: DEFAULT_CODE_KINDS,
      ownCodePrefix: DEFAULT_OWN_PREFIX,
      wrongCodes: { limit: 100, windowMs: 5 * 60_000 },
      channelTimeoutMs: 7_000,
      answerWithinMs: 9_000,
      lateChargeMs: 60_000,
      visibleAfterMs: 600_000,
      retryPlanMs: [2_000, 4_000, 8_000],
      lateAskMs: 600_000,
      refundPlanMs: [2_000, 5_000],
      refundRetryMs: 30_000,
      refundWindowsMs: {},
    },
  }
  tables.merchants.set(MERCHANT_ID, merchantAt(1))
  tables.gates.set(MERCHANT_ID, { disabled: false, settingsVersion: 1 })
  await stores.customers.open(UID, "CT_WECHAT")
  const agreement = {
    id: "G1",
    uid: UID,
    merchantId: MERCHANT_ID,
    payType: "CT_WECHAT",
    contractId: "contract 1",
    signedAtMs: 0,
  } as const
  await stores.agreements.put(agreement)
  return {
    time,
    tables,
    stores,
    polls,
    /** Orders for which an undoing was to be under way. */
    undoings,
    /** Refunds for which a workflow was to be under way. */
    refundings,
    channel,
    ports,
    agreement,

    async showCode(): Promise<ShownCode> {
      const shown = await issueCode({ ...ports, customers: stores.customers }, UID)
      if (!shown) throw new Error("the customer's code is closed")
      return shown
    },

    /** Lets time go on until so much of it has passed. */
    async wait(ms: number): Promise<void> {
      await Promise.all([time.sleep(ms), time.run()])
    },

    /** Sends the call and lets time go on until it is answered. `waitedMs`: how long ago it came in. */
    async pay(request: PayRequest, { waitedMs = 0, ports: other = ports } = {}): Promise<ApplyPayResult> {
      const caller = { keyId: KEY_ID, arrivedMonotonicMs: time.monotonicMs() - waitedMs }
      const [result] = await Promise.all([applyPay(other, request, caller), time.run()])
      return result
    },

    /** Reverses by the merchant's number, and lets time go on until that is answered. `arrivedMs`: when it came, if not now. */
    async reverse(
      outRequestNo: string,
      { ports: other = ports, arrivedMs = time.nowMs() } = {},
    ): Promise<ReverseResult> {
      const arrived = { nowMs: arrivedMs, monotonicMs: time.monotonicMs() }
      const [result] = await Promise.all([
        reverseOrder(other, MERCHANT_ID, { outRequestNo }, arrived),
        time.run(),
      ])
      return result
    },

    /** Refunds so much of the order N1, or of another, and lets time go on until that is answered. */
    async refund(
      outRefundNo: string,
      amountFen: number,
      { ports: other = ports, outRequestNo = "N1", notifyUrl, arrivedMs = time.nowMs() }: RefundCall = {},
    ): Promise<RefundResult> {
      const arrived = { nowMs: arrivedMs, monotonicMs: time.monotonicMs() }
      const request = { outRefundNo, amountFen, notifyUrl }
      const [result] = await Promise.all([
        refundOrder(other, MERCHANT_ID, { outRequestNo }, request, arrived),
        time.run(),
      ])
      return result
    },
  }
}

type RefundCall = { ports?: ShopPorts; outRequestNo?: string; notifyUrl?: string; arrivedMs?: number }

type ShopPorts = ApplyPayPorts &
  PollPorts &
  ReversePorts &
  RefundOrderPorts &
  PollRefundPorts & { settings: PaymentSettings & UndoSettings & RefundSettings }

/** The merchant's settings in that version, with the key K1 live unless said otherwise. */
export function merchantAt(settingsVersion: number, keyIds: readonly string[] = [KEY_ID]): Merchant {
  const account = { merchantId: MERCHANT_ID, channel: "wechat", accountId: "A1", settingsVersion } as const
  return {
    merchantId: MERCHANT_ID,
    name: "豆浆店",
    timeZone: "Asia/Shanghai",
    settingsVersion,
    accounts: { CT_WECHAT: account },
    keyIds,
  }
}

/** What a till sends for a code. */
export function payRequest(code: string, change: Partial<PayRequest> = {}): PayRequest {
  return {
    merchantId: MERCHANT_ID,
    outRequestNo: "N1",
    code,
    body: "豆浆",
    totalFen: 500,
    storeId: "S1",
    ...change,
  }
}

export type ObedientChannel = PayChannel & {
  charges: ChargeRequest[]
  queries: QueryRequest[]
  onCharge(request: ChargeRequest): Promise<ChargeOutcome>
  onQuery(request: QueryRequest): Promise<QueryOutcome>
  reverses: ReverseRequest[]
  refunds: ReturnRequest[]
  onReverse(request: ReverseRequest): Promise<ReverseOutcome>
  onRefund(request: ReturnRequest): Promise<ReturnOutcome>
  refundQueries: ReturnRequest[]
  onQueryRefund(request: ReturnRequest): Promise<ReturnOutcome>
}

export const PAID = {
  kind: "charged",
  channelTradeNo: "4200000001",
  couponFen: 0,
  paidAtMs: OPENS_MS,
} as const
export const BALANCE_TOO_SMALL = {
  kind: "declined",
  code: "BALANCE_INSUFFICIENT",
  channelCode: "NOTENOUGH",
} as const

/** It hears of no reversal or refund that comes too late to be sent. */
function obedientChannel({ nowMs }: Pick<VirtualTime, "nowMs">): ObedientChannel {
  const channel: ObedientChannel = {
    id: "wechat",
    capabilities: {
      intents: ["code", "agreement"],
      maxOrderNoLength: 32,
      notifies: {},
      reverse: { minWaitMs: 15_000, windowMs: 3_600_000 },
      refund: { windowMs: 3_600_000, maxParts: 50 },
      queryPlanMs: [5_000, 10_000],
      withinCallPlanMs: [150, 500, 1_000, 2_000, 4_000],
    },
    charges: [],
    queries: [],
    onCharge: async () => PAID,
    onQuery: async () => ({ kind: "notFound" }),
    charge(request) {
      channel.charges.push(request)
      return channel.onCharge(request)
    },
    query(request) {
      channel.queries.push(request)
      return channel.onQuery(request)
    },
    reverses: [],
    refunds: [],
    onReverse: neverAsked,
    onRefund: neverAsked,
    onQueryRefund: async () => ({ kind: "notFound" }),
    async reverse(request) {
      if (nowMs() > request.notAfterMs) return TOO_LATE
      channel.reverses.push(request)
      return channel.onReverse(request)
    },
    async refund(request) {
      if (nowMs() > request.notAfterMs) return TOO_LATE
      channel.refunds.push(request)
      return channel.onRefund(request)
    },
    refundQueries: [],
    queryRefund(request) {
      channel.refundQueries.push(request)
      return channel.onQueryRefund(request)
    },
  }
  return channel
}

const TOO_LATE = { kind: "notSent", cause: "too late" } as const

/** Undoing is for those tests that say how it goes; in any other it is a fault. */
function neverAsked(): Promise<never> {
  return Promise.reject(new Error("a channel was asked to undo something"))
}

import { randomUUID } from "node:crypto"
import type { IssuedCode } from "../../domain/customer.ts"
import { LEASE_MS, type Leg, newOrder, type Order, type PayRequest } from "../../domain/order.ts"
import { tradeNoOf } from "../../domain/order-number.ts"
import { newRefund, type Refund } from "../../domain/refund.ts"
import { refundIdOf } from "../../domain/refund-number.ts"
import type { Claimant, Merchant } from "../../usecases/ports.ts"

/** 2025-06-01 12:00 in Shanghai. */
export const NOON_MS = Date.UTC(2025, 5, 1, 4)

/** A name that no other test uses: all promises share one set of tables. */
export function fresh(prefix: string): string {
  return `${prefix}${randomUUID().slice(0, 18)}`
}

export function sampleLeg(change: Partial<Leg> = {}): Leg {
  return {
    no: 1,
    channel: "wechat",
    accountId: "A1",
    settingsVersion: 1,
    intent: "agreement",
    amountFen: 500,
    state: "PENDING",
    channelTradeNo: undefined,
    couponFen: undefined,
    channelPaidAtMs: undefined,
    ...change,
  }
}

export function sampleRequest(change: Partial<PayRequest> = {}): PayRequest {
  return {
    merchantId: fresh("M"),
    outRequestNo: fresh("N"),
    code: "92000000000000000009",
    body: "豆浆",
    totalFen: 500,
    storeId: "SZTX001",
    ...change,
  }
}

/** A paying order of this request; each call is another attempt with a lease holder of its own. */
export function payingOrder(
  request: PayRequest,
  change: { fingerprint?: string; holder?: string } = {},
): Order {
  return newOrder(request, "accepted", {
    fingerprint: change.fingerprint ?? "fingerprint",
    createdAtMs: NOON_MS,
    day: "20250601",
    uid: "U1",
    payType: "CT_WECHAT",
    payId: "payId",
    legs: [sampleLeg({ amountFen: request.totalFen })],
    lease: { holder: change.holder ?? fresh("H"), untilMs: NOON_MS + LEASE_MS },
  })
}

/** A refund just asked for; each call is another attempt with a lease holder of its own. */
export function sampleRefund(change: Partial<Parameters<typeof newRefund>[0]> = {}): Refund {
  const { merchantId = fresh("M"), outRefundNo = fresh("F") } = change
  return newRefund({
    refundId: refundIdOf(merchantId, outRefundNo),
    merchantId,
    outRefundNo,
    tradeNo: tradeNoOf(merchantId, "N1"),
    outRequestNo: "N1",
    storeId: "SZTX001",
    legNo: 1,
    channel: "wechat",
    amountFen: 100,
    totalFen: 500,
    lease: { holder: fresh("H"), untilMs: NOON_MS + LEASE_MS },
    day: "20250601",
    createdAtMs: NOON_MS,
    ...change,
  })
}

export function sampleCode(change: Partial<IssuedCode> = {}): IssuedCode {
  return {
    payId: fresh("P"),
    uid: fresh("U"),
    payType: "CT_WECHAT",
    epoch: 1,
    expiresAtMs: NOON_MS + 60_000,
    owner: undefined,
    tradeNo: undefined,
    ...change,
  }
}

export function claimant(owner: string = fresh("O")): Claimant {
  return { owner, tradeNo: `of-${owner}`, attempt: fresh("T") }
}

export function sampleMerchant(change: Partial<Merchant> = {}): Merchant {
  const merchantId = change.merchantId ?? fresh("M")
  return {
    merchantId,
    name: "豆浆店",
    timeZone: "Asia/Shanghai",
    settingsVersion: 1,
    accounts: { CT_WECHAT: { merchantId, channel: "wechat", accountId: "A1", settingsVersion: 1 } },
    keyIds: ["K1"],
    ...change,
  }
}

/** The value without what is undefined: absent and undefined mean the same in every store. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}

/** The same, many times at once. */
export function atOnce<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)))
}

import { localDateTime } from "../../domain/days.ts"
import type { Movement } from "../../domain/movement.ts"
import { tradeNoOf } from "../../domain/order-number.ts"

/** 2026-01-31 12:00 in Shanghai. */
export const NOON_MS = Date.UTC(2026, 0, 31, 4)
export const DAY = "20260131"

/** A payment of five yuan, as it is written down; `number` tells it from others. */
export function samplePayment(number: number | string, change: Partial<Movement> = {}): Movement {
  const { merchantId = "M1", atMs = NOON_MS } = change
  const outRequestNo = `N${number}`
  const { date, time } = localDateTime(atMs)
  return {
    kind: "PAYMENT",
    merchantId,
    storeId: "SZTX001",
    day: date,
    time,
    atMs,
    payType: "CT_WECHAT",
    channel: "wechat",
    amountFen: 500,
    couponFen: 0,
    feeFen: 0,
    outRequestNo,
    tradeNo: tradeNoOf(merchantId, outRequestNo),
    channelTradeNo: `42000${number}`,
    ...change,
  }
}

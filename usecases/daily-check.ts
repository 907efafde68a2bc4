/**
 * The second net (design §2): once a day every order that is not final is found by its day, put on the exceptions desk and
 * asked about again, whatever message of it may have been lost.
 */
import { localDateTime } from "../domain/days.ts"
import type { Order } from "../domain/order.ts"
import { isFinal } from "../domain/order-states.ts"
import { legsToUndo } from "../domain/undo-outcome.ts"
import type { Clock, ExceptionStore, MerchantStore, OrderDays, OrderStore, PollQueue } from "./ports.ts"

export type DailyPorts = {
  clock: Clock
  orders: OrderStore
  merchants: MerchantStore
  days: OrderDays
  polls: PollQueue
  exceptions: ExceptionStore
  settings: { visibleAfterMs: number }
}

const DAY_MS = 24 * 60 * 60 * 1000

export type DailyResult = { merchants: number; orders: number; notFinal: number }

/** Looks at the orders of today and yesterday, each merchant in its own zone. */
export async function checkDays(ports: DailyPorts): Promise<DailyResult> {
  const result = { merchants: 0, orders: 0, notFinal: 0 }
  const nowMs = ports.clock.nowMs()
  for (const merchantId of await ports.days.merchantIds()) {
    const timeZone = (await ports.merchants.read(merchantId))?.timeZone
    result.merchants += 1
    for (const atMs of [nowMs - DAY_MS, nowMs]) {
      for await (const page of ports.days.tradeNos(merchantId, localDateTime(atMs, timeZone).date)) {
        result.orders += page.length
        const found = await Promise.all(page.map((tradeNo) => checkOrder(ports, tradeNo, nowMs)))
        result.notFinal += found.filter(Boolean).length
      }
    }
  }
  return result
}

async function checkOrder(ports: DailyPorts, tradeNo: string, nowMs: number): Promise<boolean> {
  const order = await ports.orders.read(tradeNo)
  if (!order || !isOpen(order) || nowMs - order.createdAtMs < ports.settings.visibleAfterMs) return false
  const kind = isFinal(order.state) ? "surplus" : "not final"
  const { merchantId } = order
  await ports.exceptions.note({ tradeNo, merchantId, kind, lastTried: "found by the daily check" }, nowMs)
  for (const leg of order.legs) {
    await ports.polls.send(leg.channel, { tradeNo, legNo: leg.no, step: 0 }, 0)
  }
  return true
}

function isOpen(order: Order): boolean {
  return order.state === "PAYING" || legsToUndo(order).length > 0
}

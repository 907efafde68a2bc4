import { noticeOf } from "./notice.ts"
import { noticeDueAt } from "./notice-plan.ts"
import type { Order } from "./order.ts"
import type { Orders } from "./orders.ts"

/** How often it looks at the clock, which may be moved meanwhile. */
const LOOK_EVERY_MS = 20
/** An answer later than this is none (https://pay.weixin.qq.com/docs/merchant/products/notification/introduction.html). */
const ANSWER_WITHIN_MS = 5_000
/** Merchants that answer slowly hold up their own notifications only as far as these places go. */
const MOST_AT_ONCE = 32

/**
 * Tells merchants of their agreement payments, beside the charges and never in their way. What is due stands in the
 * books, so it is sent after a restart and after the clock was moved; a kill between call and note sends twice.
 */
export function startNotifier(given: {
  orders: Orders
  nowMs(): number
  speed: number
  /** By mchid; who has none is not told. */
  apiV3Keys: ReadonlyMap<string, string>
  sign(body: string, nowMs: number): Record<string, string>
}): { close(): Promise<void> } {
  const { orders, nowMs, speed, apiV3Keys } = given
  const underWay = new Map<Order, Promise<void>>()
  const stop = new AbortController()

  const tell = async (order: Order, url: string, body: string): Promise<void> => {
    const received = await isReceived(url, body, given.sign(body, nowMs()), stop.signal)
    if (!stop.signal.aborted) orders.notified(order, received, nowMs())
  }
  const look = () => {
    const now = nowMs()
    for (const order of orders.untold()) {
      if (underWay.size >= MOST_AT_ONCE) return
      const dueAtMs = noticeDueAt(order, speed)
      const key = apiV3Keys.get(order.mchid)
      if (dueAtMs === undefined || dueAtMs > now || underWay.has(order)) continue
      if (key === undefined || order.notifyUrl === undefined || order.moneyAtMs === undefined) continue
      const body = noticeOf(order, order.moneyAtMs, key)
      const told = tell(order, order.notifyUrl, body)
        .catch((fault: unknown) =>
          console.error("the simulated WeChat Pay could not note a notification", fault),
        )
        .finally(() => underWay.delete(order))
      underWay.set(order, told)
    }
  }
  const watch = setInterval(look, LOOK_EVERY_MS).unref()

  return {
    async close() {
      clearInterval(watch)
      stop.abort()
      await Promise.all(underWay.values())
    },
  }
}

async function isReceived(
  url: string,
  body: string,
  signature: Record<string, string>,
  stop: AbortSignal,
): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        ...signature,
      },
      body,
      redirect: "manual",
      signal: AbortSignal.any([stop, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false // Refused, torn or late: told again by the plan.
  }
}

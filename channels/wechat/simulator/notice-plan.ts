import type { Order } from "./order.ts"

const S = 1_000
const MIN = 60 * S
const HOUR = 60 * MIN

/** Waits after each try that nobody took: https://pay.weixin.qq.com/doc/v3/partner/4012160323, "rules". */
const WAITS_MS = [
  ...[15 * S, 15 * S, 30 * S, 3 * MIN, 10 * MIN, 20 * MIN, 30 * MIN, 30 * MIN, 30 * MIN, HOUR],
  ...[3 * HOUR, 3 * HOUR, 3 * HOUR, 6 * HOUR, 6 * HOUR],
]
/** How long after the first notification a payment that notifies twice (contract §5) does so again. */
const SECOND_AFTER_MS = 30 * S

/**
 * Whether the merchant is to be told of this payment, now or once it comes about: agreement payments with an address, until
 * it listened as often as the ending wants, or the plan is used up. Payment by code has no notifications. The simulated
 * channel calls nobody but this machine.
 */
export function wantsNotice(order: Order): boolean {
  if (order.product === "codepay" || !isLoopback(order.notifyUrl)) return false
  const wanted = order.ending === "paysAndNotifiesTwice" ? 2 : 1
  return order.notices.received < wanted && order.notices.tries <= WAITS_MS.length
}

/** When it is to be told next, or undefined where nothing is known to have been paid. */
export function noticeDueAt(order: Order, speed: number): number | undefined {
  const { tries, received, lastAtMs } = order.notices
  if (order.moneyAtMs === undefined) return undefined
  if (tries > 0) return lastAtMs + (WAITS_MS[tries - 1] ?? 0) / speed
  return received > 0 ? lastAtMs + SECOND_AFTER_MS / speed : order.moneyAtMs
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined || !URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return /^https?:$/.test(protocol) && /^(localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/.test(hostname)
}

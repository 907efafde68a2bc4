/**
 * The second net (design §2): every order and refund of today and yesterday that is not final, and all on the exceptions desk
 * however old, is found without its messages, put on the desk and asked about again. So nothing is forgotten, whatever got
 * lost. One order or merchant that cannot be read does not keep the others from being looked at.
 */
import { localDateTime } from "../domain/days.ts"
import type { Order } from "../domain/order.ts"
import { isFinal } from "../domain/order-states.ts"
import { begunAtMs } from "../domain/refund.ts"
import { legsToUndo } from "../domain/undo-outcome.ts"
import type {
  Clock,
  ExceptionStore,
  MerchantStore,
  OrderDays,
  OrderException,
  OrderStore,
  PollQueue,
  RefundStore,
} from "./ports.ts"

export type DailyPorts = {
  clock: Clock
  orders: OrderStore
  refunds: RefundStore
  merchants: MerchantStore
  days: OrderDays
  polls: PollQueue
  exceptions: ExceptionStore
  settings: { visibleAfterMs: number }
  /** Hears of what could not be looked at. */
  onFault(subject: string, fault: unknown): void
}

const DAY_MS = 24 * 60 * 60 * 1000
/** Entries of the desk that one run looks at. */
const DESK_LIMIT = 10_000

/** Refunds are counted among the orders that they are of. */
export type DailyResult = { merchants: number; orders: number; notFinal: number; faults: number }

export async function checkDays(ports: DailyPorts): Promise<DailyResult> {
  const result = { merchants: 0, orders: 0, notFinal: 0, faults: 0 }
  // The desk first: what stands there is known to be in trouble.
  for (const entry of await ports.exceptions.list(DESK_LIMIT)) {
    if (entry.refundId === undefined) await check(ports, entry.tradeNo, result)
    else await checkRefund(ports, entry.refundId, result)
    await guarded(ports, entry.tradeNo, result, () => clearDesk(ports, entry))
  }
  for (const merchantId of await ports.days.merchantIds()) {
    result.merchants += 1
    await guarded(ports, merchantId, result, () => checkMerchant(ports, merchantId, result))
  }
  return result
}

/** An entry may have come too late, by a clock that was ahead: nobody is to look at what is settled. */
async function clearDesk(ports: DailyPorts, entry: OrderException): Promise<void> {
  const { tradeNo, refundId, kind } = entry
  const nowMs = ports.clock.nowMs()
  if (refundId !== undefined) {
    const refund = await ports.refunds.read(refundId)
    const settled = kind === "refund refused" ? refund?.state === "SUCCEEDED" : refund?.state !== "PROCESSING"
    if (settled) await ports.exceptions.resolve(tradeNo, kind, nowMs, refundId)
    return
  }
  const order = await ports.orders.read(tradeNo)
  const settled = order && isFinal(order.state) && legsToUndo(order).length === 0
  if (settled && kind !== "undo refused") await ports.exceptions.resolve(tradeNo, kind, nowMs)
}

/** Today and yesterday in the merchant's own zone. */
async function checkMerchant(ports: DailyPorts, merchantId: string, result: DailyResult): Promise<void> {
  const timeZone = (await ports.merchants.read(merchantId))?.timeZone
  const nowMs = ports.clock.nowMs()
  for (const atMs of [nowMs - DAY_MS, nowMs]) {
    const day = localDateTime(atMs, timeZone).date
    for await (const page of ports.days.tradeNos(merchantId, day))
      await Promise.all(page.map((tradeNo) => check(ports, tradeNo, result)))
    for await (const page of ports.days.refundIds(merchantId, day))
      await Promise.all(page.map((refundId) => checkRefund(ports, refundId, result)))
  }
}

async function check(ports: DailyPorts, tradeNo: string, result: DailyResult): Promise<void> {
  result.orders += 1
  await guarded(ports, tradeNo, result, async () => {
    const order = await ports.orders.read(tradeNo)
    if (!order || !isOpen(order)) return
    const nowMs = ports.clock.nowMs()
    if (nowMs - order.createdAtMs < ports.settings.visibleAfterMs) return
    result.notFinal += 1
    const kind = isFinal(order.state) ? "surplus" : "not final"
    const { merchantId } = order
    await ports.exceptions.note({ tradeNo, merchantId, kind, lastTried: "found by the daily check" }, nowMs)
    for (const { channel, no } of order.legs)
      await ports.polls.send(channel, { tradeNo, legNo: no, step: 0 }, 0)
  })
}

async function checkRefund(ports: DailyPorts, refundId: string, result: DailyResult): Promise<void> {
  await guarded(ports, refundId, result, async () => {
    const refund = await ports.refunds.read(refundId)
    const nowMs = ports.clock.nowMs()
    if (!refund || nowMs - begunAtMs(refund) < ports.settings.visibleAfterMs) return
    // One that failed may still hold its amount on the order, if who finished it died just then.
    if (refund.state === "FAILED") return ports.polls.send(refund.channel, { refundId, step: 0 }, 0)
    if (refund.state !== "PROCESSING") return
    result.notFinal += 1
    const { tradeNo, merchantId, channel } = refund
    const lastTried = "found by the daily check"
    await ports.exceptions.note({ tradeNo, refundId, merchantId, kind: "refund not final", lastTried }, nowMs)
    await ports.polls.send(channel, { refundId, step: 0 }, 0)
  })
}

async function guarded(
  ports: DailyPorts,
  subject: string,
  result: DailyResult,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act()
  } catch (fault) {
    result.faults += 1
    ports.onFault(subject, fault)
  }
}

function isOpen(order: Order): boolean {
  return order.state === "PAYING" || legsToUndo(order).length > 0
}

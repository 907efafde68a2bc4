import type { ChannelSimulator } from "../../channels/channel-simulator.ts"
import type { ChannelId } from "../../domain/channel.ts"
import type { Order } from "../../domain/order.ts"
import { tradeNoOf } from "../../domain/order-number.ts"
import { isFinal, type OrderState, transitionOf } from "../../domain/order-states.ts"
import type { ExceptionStore, OrderStore } from "../../usecases/ports.ts"
import type { ChannelBooks, OrderStep, WatchedOrder } from "./wire.ts"

/** More open exceptions than that are an operator's, not this page's. */
const EXCEPTIONS_READ = 200

export type WatchPorts = {
  orders: Pick<OrderStore, "read">
  exceptions: Pick<ExceptionStore, "list">
  channels: Partial<Record<ChannelId, ChannelSimulator>>
}

/** The order under a merchant's number with all that happened to it, or undefined where there is none yet. */
export async function watchOrder(
  ports: WatchPorts,
  merchantId: string,
  outRequestNo: string,
): Promise<WatchedOrder | undefined> {
  const order = await ports.orders.read(tradeNoOf(merchantId, outRequestNo))
  if (!order || order.merchantId !== merchantId || order.outRequestNo !== outRequestNo) return undefined
  const exceptions = mayNeedPeople(order) ? await ports.exceptions.list(EXCEPTIONS_READ) : []
  return {
    payOutTradeNo: order.tradeNo,
    state: order.state,
    version: order.version,
    ...(order.lease ? { leaseUntil: isoTime(order.lease.untilMs) } : {}),
    steps: stepsOf(order),
    books: booksOf(order, ports.channels),
    exceptions: exceptions
      .filter((it) => it.tradeNo === order.tradeNo)
      .map(({ kind, sinceMs, tries, lastTried }) => ({ kind, since: isoTime(sinceMs), tries, lastTried })),
  }
}

/** The desk lies in many partitions, and this is asked every second. */
function mayNeedPeople(order: Order): boolean {
  const remarkable = order.events.some(({ event }) => event === "surplusFound" || event === "undoRefused")
  return remarkable || !isFinal(order.state)
}

/** Events keep no states; the table of states says where each one led. */
export function stepsOf({ events }: Pick<Order, "events">): OrderStep[] {
  const steps: OrderStep[] = []
  let from: OrderState | "NONE" = "NONE"
  for (const { event, atMs } of events) {
    const to: OrderState | undefined = transitionOf(from, event)?.to
    if (!to) throw new Error(`no way from ${from} by ${event}`)
    steps.push({ event, from, to, at: isoTime(atMs) })
    from = to
  }
  return steps
}

function booksOf(order: Order, channels: WatchPorts["channels"]): ChannelBooks {
  const [leg] = order.legs
  const books = leg && channels[leg.channel]?.books(order.tradeNo)
  return {
    ...(leg ? { channel: leg.channel } : {}),
    charged: books?.charged ?? 0,
    returned: books?.returned ?? 0,
  }
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

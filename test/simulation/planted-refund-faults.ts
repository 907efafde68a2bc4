/** Faults in giving money back that the simulation must find. */
import type { ReturnOutcome } from "../../domain/charge-outcome.ts"
import type { Order } from "../../domain/order.ts"
import { isFreshClaim, type Refund } from "../../domain/refund.ts"
import { reservationOf } from "../../domain/reservation.ts"
import type { OrderStore } from "../../usecases/ports.ts"
import { eachChannel } from "./planted-faults.ts"
import type { BreakableParts, PlantedFault } from "./world.ts"

/** Longer than anything that was sent may be on its way. */
const FROZEN_MS = 10 * 60_000

export const PLANTED_REFUND_FAULTS: Readonly<Record<string, PlantedFault>> = {
  "a refund that is held on its order only after the channel was asked": (honest, { time }) => ({
    ...honest,
    orders: {
      ...honest.orders,
      async advance(previous, next) {
        if (!holdsMore(previous, next)) return honest.orders.advance(previous, next)
        time.after(2_000, () => void holdNow(honest.orders, next))
        return { written: true }
      },
    },
  }),

  "refunds that are not counted up": (honest) => ({ ...honest, orders: withoutAmounts(honest.orders) }),

  "a refund number that is not claimed": (honest) => ({
    ...honest,
    refunds: {
      ...honest.refunds,
      async create(refund) {
        const result = await honest.refunds.create(refund)
        if (result.put) return result
        const { version, events } = result.stored
        const next = { ...refund, version: version + 1, events: [...events, ...refund.events] }
        const over = await honest.refunds.advance(result.stored, next)
        return over.written ? { put: true, refund: next } : { put: false, stored: over.stored }
      },
    },
  }),

  "a refund's refusal that is believed although an earlier asking was not answered": (honest) => ({
    ...honest,
    refunds: {
      ...honest.refunds,
      async read(refundId) {
        const refund = await honest.refunds.read(refundId)
        // Without a lease a fresh claim would seem to be held, which is another fault.
        return refund && !isFreshClaim(refund)
          ? { ...refund, lease: undefined, unansweredAtMs: undefined }
          : refund
      },
    },
  }),

  "an undoing's refusal that is believed although an earlier asking was not answered": (honest) => ({
    ...honest,
    orders: {
      ...honest.orders,
      async advance(previous, next) {
        return honest.orders.advance(previous, { ...next, undoUnansweredAtMs: undefined })
      },
      async read(tradeNo) {
        const order = await honest.orders.read(tradeNo)
        return order && { ...order, undoUnansweredAtMs: undefined }
      },
    },
  }),

  "a refund's time-out taken for a refusal": (honest) => {
    const { wechat } = honest.channels
    if (!wechat) return honest
    return {
      ...honest,
      channels: {
        ...honest.channels,
        wechat: {
          ...wechat,
          async refund(request) {
            const outcome = await wechat.refund(request)
            return outcome.kind === "unknown" ? { kind: "refused", channelCode: "TIMEOUT" } : outcome
          },
        },
      },
    }
  },

  "a refund that is released twice, whatever generation is held by then": (honest, { time }) => ({
    ...honest,
    orders: {
      ...honest.orders,
      async advance(previous, next) {
        const released = next.reservations.find(
          (it) =>
            it.state === "RELEASED" && reservationOf(previous, it.refundId)?.generation === it.generation,
        )
        const result = await honest.orders.advance(previous, next)
        if (released) time.after(20 * 60_000, () => void releaseNow(honest.orders, next, released.refundId))
        return result
      },
    },
  }),

  "a reversal that does not see the refunds": (honest) => ({
    ...honest,
    reverse: (ports, ...given) =>
      honest.reverse({ ...ports, orders: withoutRefunds(ports.orders) }, ...given),
  }),

  "a refund that is sent again without being held again": (honest) => ({
    ...honest,
    orders: {
      ...honest.orders,
      async advance(previous, next) {
        const again = next.reservations.some(
          ({ refundId, generation }) =>
            generation > 1 && reservationOf(previous, refundId)?.generation !== generation,
        )
        return again ? { written: true } : honest.orders.advance(previous, next)
      },
    },
  }),

  "a refund that is told of before its amount is held": (honest) => {
    // As if somebody had gone on with it: who sees that believes it to be held.
    const taken = (refund: Refund): Refund => ({
      ...refund,
      lease: refund.lease && { ...refund.lease, untilMs: refund.lease.untilMs + 1 },
    })
    return {
      ...honest,
      refunds: {
        ...honest.refunds,
        async create(refund) {
          const result = await honest.refunds.create(refund)
          return result.put ? result : { put: false, stored: taken(result.stored) }
        },
        async read(refundId) {
          const refund = await honest.refunds.read(refundId)
          return refund && taken(refund)
        },
      },
    }
  },

  "money that is stuck at the channel taken for a refusal": (honest) =>
    withRefundsHeardAs(honest, (outcome) =>
      outcome.kind === "stuck" ? { kind: "refused", channelCode: outcome.channelCode } : outcome,
    ),

  "a word that may be another one later, believed at once": (honest) =>
    withRefundsHeardAs(honest, (outcome) =>
      outcome.kind === "refused" ? { ...outcome, perhapsLater: undefined } : outcome,
    ),

  "a refund that leaves long after its function was frozen": (honest, { time, random }) => ({
    ...honest,
    channels: eachChannel(honest.channels, (channel) => ({
      ...channel,
      async refund(request) {
        // More often than functions are frozen by themselves: then it would take thousands of seeds.
        if (random.chance(0.3)) await time.sleep(FROZEN_MS)
        return channel.refund({ ...request, notAfterMs: Number.POSITIVE_INFINITY })
      },
    })),
  }),

  "a recovery that forgets refunds": (honest) => ({ ...honest, recoverRefund: async () => {} }),

  "a workflow of refunds that forgets its generation": (honest) => ({
    ...honest,
    async startRefunding(refundId) {
      const started = await honest.startRefunding(refundId, 1)
      return started === "ended" ? "running" : started
    },
  }),
}

/** Whoever asks for a refund, or about it, hears something else than the channel said. */
function withRefundsHeardAs(
  honest: BreakableParts,
  heard: (outcome: ReturnOutcome) => ReturnOutcome,
): BreakableParts {
  return {
    ...honest,
    channels: eachChannel(honest.channels, (channel) => ({
      ...channel,
      refund: async (request) => heard(await channel.refund(request)),
      queryRefund: async (request) => heard(await channel.queryRefund(request)),
    })),
  }
}

function holdsMore(previous: Order, next: Order): boolean {
  return next.reservations.some(
    ({ refundId, state }) => state === "HELD" && reservationOf(previous, refundId)?.state !== "HELD",
  )
}

async function holdNow(orders: OrderStore, held: Order): Promise<void> {
  const order = await orders.read(held.tradeNo)
  if (!order) return
  const news = held.reservations.filter((it) => !reservationOf(order, it.refundId))
  const reservations = [...order.reservations, ...news]
  await orders.advance(order, { ...order, version: order.version + 1, reservations })
}

async function releaseNow(orders: OrderStore, { tradeNo }: Order, refundId: string): Promise<void> {
  const order = await orders.read(tradeNo)
  if (!order || reservationOf(order, refundId)?.state !== "HELD") return
  const reservations = order.reservations.map((it) =>
    it.refundId === refundId ? { ...it, state: "RELEASED" as const } : it,
  )
  await orders.advance(order, { ...order, version: order.version + 1, reservations })
}

/** Whoever reads an order sees no refund of it; what is written keeps them. */
function withoutRefunds(orders: OrderStore): OrderStore {
  return {
    ...orders,
    async advance(previous, next) {
      const stored = await orders.read(previous.tradeNo)
      return orders.advance(previous, { ...next, reservations: stored?.reservations ?? [] })
    },
    async read(tradeNo) {
      const order = await orders.read(tradeNo)
      return order && { ...order, reservations: [] }
    },
  }
}

/** Whoever reads an order sees no amount of what its refunds hold; what is written keeps them. */
function withoutAmounts(orders: OrderStore): OrderStore {
  const amounts = new Map<string, number>()
  const hide = (order: Order): Order => ({
    ...order,
    reservations: order.reservations.map((it) => ({ ...it, amountFen: 0 })),
  })
  const show = (order: Order): Order => ({
    ...order,
    reservations: order.reservations.map((it) => {
      if (it.amountFen > 0) amounts.set(it.refundId, it.amountFen)
      return { ...it, amountFen: amounts.get(it.refundId) ?? 0 }
    }),
  })
  return {
    ...orders,
    async advance(previous, next) {
      const result = await orders.advance(previous, show(next))
      return result.written ? result : { written: false, stored: hide(result.stored) }
    },
    async read(tradeNo) {
      const order = await orders.read(tradeNo)
      return order && hide(order)
    },
  }
}

/** Faults that the simulation must find: each is a mistake that somebody could make in an adapter or a use case. */
import type { Channels, OrderStore, PayChannel } from "../../usecases/ports.ts"
import type { PlantedFault } from "./world.ts"

export const PLANTED_FAULTS: Readonly<Record<string, PlantedFault>> = {
  "a store that puts an order over another": (honest) => ({
    ...honest,
    orders: {
      ...honest.orders,
      async create(order) {
        const result = await honest.orders.create(order)
        return result.put ? result : { put: true, order: result.stored }
      },
    },
  }),

  "a store that writes over whatever stands there": (honest) => ({
    ...honest,
    orders: {
      ...honest.orders,
      async advance(previous, next) {
        const result = await honest.orders.advance(previous, next)
        if (result.written) return result
        const { stored } = result
        const events = [...stored.events, ...next.events.slice(-1)]
        return honest.orders.advance(stored, { ...next, version: stored.version + 1, events })
      },
    },
  }),

  "a claim that always succeeds": (honest) => ({
    ...honest,
    codes: {
      ...honest.codes,
      async claim(payId, by, notExpiredBeforeMs) {
        const result = await honest.codes.claim(payId, by, notExpiredBeforeMs)
        const code = await honest.codes.read(payId)
        return code ? { claimed: true, code } : result
      },
    },
  }),

  "a claim that is the customer's instead of the order's": (honest) => ({
    ...honest,
    codes: {
      ...honest.codes,
      claim: (payId, by, notExpiredBeforeMs) =>
        honest.codes.claim(payId, { ...by, owner: "any order" }, notExpiredBeforeMs),
    },
  }),

  "a release that forgets that the same call may be paying elsewhere": (honest) => {
    const freed = new Set<string>()
    return {
      ...honest,
      codes: {
        ...honest.codes,
        async release(payId, by) {
          if ((await honest.codes.read(payId))?.owner === by.owner) freed.add(payId)
          await honest.codes.release(payId, by)
        },
        async claim(payId, by, notExpiredBeforeMs) {
          const wasFreed = freed.delete(payId)
          const result = await honest.codes.claim(payId, by, notExpiredBeforeMs)
          const code = await honest.codes.read(payId)
          return wasFreed && code ? { claimed: true, code: { ...code, ...by } } : result
        },
      },
    }
  },

  "a channel client that takes silence for a refusal": (honest) => ({
    ...honest,
    channels: eachChannel(honest.channels, (channel) => ({
      ...channel,
      async charge(request) {
        const outcome = await channel.charge(request)
        return outcome.kind === "unknown" ? declined : outcome
      },
    })),
  }),

  "a channel client that takes not found for a refusal": (honest) => ({
    ...honest,
    channels: eachChannel(honest.channels, (channel) => ({
      ...channel,
      async query(request) {
        const outcome = await channel.query(request)
        return outcome.kind === "notFound" ? declined : outcome
      },
    })),
  }),

  "a channel client that charges again when it hears nothing": (honest) => ({
    ...honest,
    channels: eachChannel(honest.channels, (channel) => ({
      ...channel,
      async charge(request) {
        const outcome = await channel.charge(request)
        return outcome.kind === "unknown" ? channel.charge(request) : outcome
      },
    })),
  }),

  "a charge that leaves long after its function was frozen": (honest) => ({
    ...honest,
    channels: eachChannel(honest.channels, (channel) => ({
      ...channel,
      charge: (request) => channel.charge({ ...request, notAfterMs: Number.POSITIVE_INFINITY }),
    })),
  }),

  "a reversal's silence taken for done": (honest) => ({
    ...honest,
    channels: eachChannel(honest.channels, (channel) => ({
      ...channel,
      async reverse(request) {
        const outcome = await channel.reverse(request)
        return outcome.kind === "unknown" ? { kind: "undone" } : outcome
      },
    })),
  }),

  "a reversal that finds nothing taken for done": (honest) => ({
    ...honest,
    channels: eachChannel(honest.channels, (channel) => ({
      ...channel,
      async reverse(request) {
        const outcome = await channel.reverse(request)
        return outcome.kind === "notFound" ? { kind: "undone" } : outcome
      },
    })),
  }),

  "a refund's silence taken for done": (honest) => ({
    ...honest,
    channels: eachChannel(honest.channels, (channel) => ({
      ...channel,
      async refund(request) {
        const outcome = await channel.refund(request)
        return outcome.kind === "unknown" ? { kind: "returned" } : outcome
      },
    })),
  }),

  "a refund under a new number each time": (honest, { random }) => ({
    ...honest,
    channels: eachChannel(honest.channels, (channel) => ({
      ...channel,
      refund: (request) => channel.refund({ ...request, channelRefundNo: random.digits(20) }),
    })),
  }),

  "an order without a lease": (honest) => ({ ...honest, orders: leasedFor(honest.orders, 0) }),

  "a lease that is shorter than the time-outs": (honest) => ({
    ...honest,
    orders: leasedFor(honest.orders, 2_000),
  }),

  "a charge before its intent is durable": (honest, { time, random }) => {
    const lost = new Set<string>()
    return {
      ...honest,
      orders: {
        ...honest.orders,
        async create(order) {
          const stored = await honest.orders.read(order.tradeNo)
          if (stored || !order.lease || lost.has(order.tradeNo)) return honest.orders.create(order)
          // The process may die before the write is made.
          if (random.chance(0.1)) lost.add(order.tradeNo)
          else time.after(100, () => void honest.orders.create(order))
          return { put: true, order }
        },
        async advance(previous, next) {
          await time.sleep(200)
          return lost.has(previous.tradeNo) ? { written: true } : honest.orders.advance(previous, next)
        },
      },
    }
  },

  "a reversal that is paid after all": (honest) => ({
    ...honest,
    orders: {
      ...honest.orders,
      async advance(previous, next) {
        const result = await honest.orders.advance(previous, next)
        if (result.written || result.stored.state !== "REVERSING" || next.state !== "PAID") return result
        const { stored } = result
        const events = [...stored.events, ...next.events.slice(-1)]
        return honest.orders.advance(stored, { ...next, version: stored.version + 1, events })
      },
    },
  }),

  "a queue that loses messages": (honest) => ({
    ...honest,
    polls: { send: async () => {} },
  }),

  "a stream without the recovery": (honest) => ({ ...honest, recover: async () => {} }),

  "an undoing that forgets its generation": (honest) => ({
    ...honest,
    async startUndoing(tradeNo) {
      const started = await honest.startUndoing(tradeNo, 1)
      return started === "ended" ? "running" : started
    },
  }),
}

/** The order as it stands has that lease; whoever made it believes in the whole one. */
function leasedFor(orders: OrderStore, leaseMs: number): OrderStore {
  return {
    ...orders,
    async create(order) {
      const { lease } = order
      if (!lease) return orders.create(order)
      const short = { holder: lease.holder, untilMs: order.createdAtMs + leaseMs }
      const result = await orders.create({ ...order, lease: short })
      return result.put ? { put: true, order: { ...result.order, lease } } : result
    },
  }
}

const declined = { kind: "declined", code: "CHANNEL_REFUSED", channelCode: "TIMEOUT" } as const

export function eachChannel(channels: Channels, change: (channel: PayChannel) => PayChannel): Channels {
  const changed: Channels = {}
  for (const channel of Object.values(channels)) changed[channel.id] = change(channel)
  return changed
}

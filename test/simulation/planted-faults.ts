/** Faults that the simulation must find: each is a mistake that somebody could make in an adapter or a use case. */
import type { Channels, PayChannel } from "../../usecases/ports.ts"
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

  "a queue that loses messages": (honest) => ({
    ...honest,
    polls: { send: async () => {} },
  }),
}

const declined = { kind: "declined", code: "CHANNEL_REFUSED", channelCode: "TIMEOUT" } as const

function eachChannel(channels: Channels, change: (channel: PayChannel) => PayChannel): Channels {
  const changed: Channels = {}
  for (const channel of Object.values(channels)) changed[channel.id] = change(channel)
  return changed
}

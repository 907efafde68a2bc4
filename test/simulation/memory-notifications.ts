import { isDeepStrictEqual } from "node:util"
import type { Notification } from "../../domain/notification.ts"
import { decodeNotification, encodeNotification } from "../../persistence/notification-codec.ts"
import type {
  Endpoint,
  EndpointPaceStore,
  NotificationStore,
  UndeliveredNews,
} from "../../usecases/notification-ports.ts"

/** By order and sequence. */
export type NotificationTable = Map<string, Notification>

/** Notifications in memory. Each goes through the codec of the real store, so that what is not kept there is not kept here. */
export function memoryNotifications(table: NotificationTable): NotificationStore {
  const keyOf = ({ tradeNo, sequence }: Pick<Notification, "tradeNo" | "sequence">) =>
    `${tradeNo} ${sequence}`
  return {
    async keep(notification) {
      for (let sequence = notification.sequence; ; sequence++) {
        const wanted = { ...notification, sequence }
        const stored = table.get(keyOf(wanted))
        if (stored?.eventId === wanted.eventId) return { kept: false, stored: kept(stored) }
        if (stored) continue
        table.set(keyOf(wanted), kept(wanted))
        return { kept: true, stored: wanted }
      }
    },

    async read(key) {
      const stored = table.get(keyOf(key))
      return stored && kept(stored)
    },

    async advance(previous, next) {
      const stored = table.get(keyOf(previous))
      if (stored?.version === previous.version) {
        table.set(keyOf(previous), kept(next))
        return true
      }
      return isDeepStrictEqual(stored, kept(next))
    },

    async ofOrder(tradeNo) {
      const found = [...table.values()].filter((it) => it.tradeNo === tradeNo)
      return found.map(kept).sort((one, other) => one.sequence - other.sequence)
    },

    async undelivered(limit) {
      const found = [...table.values()].filter(({ state }) => state === "UNDELIVERED")
      return found
        .map(kept)
        .sort((one, other) => one.createdAtMs - other.createdAtMs)
        .slice(0, limit)
    },
  }
}

export function memoryEndpointPace(): EndpointPaceStore {
  const items = new Map<string, { quickUntilMs: number; busyUntilMs: number }>()
  const nameOf = ({ merchantId, host }: Endpoint) => `${merchantId} ${host}`
  return {
    async probe(endpoint, nowMs, untilMs) {
      const { quickUntilMs, busyUntilMs } = items.get(nameOf(endpoint)) ?? { quickUntilMs: 0, busyUntilMs: 0 }
      if (quickUntilMs > nowMs) return "quick"
      if (busyUntilMs > nowMs) return "busy"
      items.set(nameOf(endpoint), { quickUntilMs, busyUntilMs: untilMs })
      return "probe"
    },
    async setQuick(endpoint, untilMs) {
      items.set(nameOf(endpoint), { quickUntilMs: untilMs, busyUntilMs: 0 })
    },
    async setSlow(endpoint, untilMs) {
      items.set(nameOf(endpoint), { quickUntilMs: 0, busyUntilMs: untilMs })
    },
  }
}

function kept(notification: Notification): Notification {
  return decodeNotification(encodeNotification(notification))
}

const DAY_MS = 24 * 60 * 60 * 1000

export function memoryUndeliveredNews(): UndeliveredNews {
  const saidAtMs = new Map<string, number>()
  return {
    async isNews(merchantId, nowMs) {
      if (nowMs - (saidAtMs.get(merchantId) ?? Number.NEGATIVE_INFINITY) < DAY_MS) return false
      saidAtMs.set(merchantId, nowMs)
      return true
    },
  }
}

import type { ChannelAccount, ChannelHealth, ChannelHealthStore } from "../../usecases/ports.ts"

export type HealthTable = Map<string, ChannelHealth>

export function memoryHealth(table: HealthTable): ChannelHealthStore {
  return {
    async report(account, windowStartMs, seen) {
      const before = table.get(placeOf(account, windowStartMs)) ?? { calls: 0, unanswered: 0 }
      table.set(placeOf(account, windowStartMs), {
        calls: before.calls + seen.calls,
        unanswered: before.unanswered + seen.unanswered,
      })
    },
  }
}

export function healthIn(
  table: HealthTable,
  account: ChannelAccount,
  windowStartMs: number,
): ChannelHealth | undefined {
  const found = table.get(placeOf(account, windowStartMs))
  return found && { ...found }
}

function placeOf({ merchantId, channel, accountId }: ChannelAccount, windowStartMs: number): string {
  return `${merchantId}#${channel}#${accountId}#${windowStartMs}`
}

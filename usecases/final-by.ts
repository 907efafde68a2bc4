import { LEASE_MS, type Order } from "../domain/order.ts"
import type { Channels } from "./ports.ts"

/** What an unknown order still takes after its plan of questions: undoing it, and waiting out a late charge. */
const UNDO_MS = 120_000

/** When the platform will have settled a paying order, unless its channel stays silent (contract §3, `final_by`). */
export function finalByMs(order: Order, channels: Channels): number {
  const [leg] = order.legs
  const planMs = ((leg && channels[leg.channel]?.capabilities.queryPlanMs) ?? []).reduce(
    (sum, ms) => sum + ms,
    0,
  )
  return order.createdAtMs + Math.max(LEASE_MS, planMs) + UNDO_MS
}

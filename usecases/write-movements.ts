import { billDayOf } from "../domain/bill-day.ts"
import {
  type Change,
  isRefundMovement,
  type Movement,
  movementKindOfOrder,
  movementOfOrder,
  movementOfRefund,
} from "../domain/movement.ts"
import type { Order } from "../domain/order.ts"
import type { Refund } from "../domain/refund.ts"
import type { MerchantZones, MovementStore } from "./bill-ports.ts"
import type { Clock } from "./ports.ts"

export type MovementPorts = MerchantZones & {
  clock: Pick<Clock, "nowMs">
  movements: Pick<MovementStore, "put">
}

/** A movement with the zone of its merchant, which decides until when its day is open. */
export type ZonedMovement = { movement: Movement; timeZone: string }

export async function movementInOrder(
  { timeZoneOf }: MerchantZones,
  change: Change<Order>,
): Promise<ZonedMovement | undefined> {
  if (!movementKindOfOrder(change)) return undefined
  const timeZone = await timeZoneOf(change.after.merchantId)
  const movement = movementOfOrder(change, timeZone)
  return movement && { movement, timeZone }
}

export async function movementInRefund(
  { timeZoneOf }: MerchantZones,
  change: Change<Refund>,
): Promise<ZonedMovement | undefined> {
  if (!isRefundMovement(change)) return undefined
  const timeZone = await timeZoneOf(change.after.merchantId)
  const movement = movementOfRefund(change, timeZone)
  return movement && { movement, timeZone }
}

/**
 * Writes down the movements of a batch, each under the bill that it will stand in: one object a bill. A batch that comes
 * again overwrites the object or adds one with the same movements, which count once all the same.
 */
export async function writeMovements(ports: MovementPorts, batch: readonly ZonedMovement[]): Promise<void> {
  const nowMs = ports.clock.nowMs()
  const byBill = Map.groupBy(batch, ({ movement, timeZone }) => billDayOf(movement.day, nowMs, timeZone))
  const puts = [...byBill].map(([day, zoned]) =>
    ports.movements.put(
      day,
      zoned.map(({ movement }) => movement),
    ),
  )
  await Promise.all(puts)
}

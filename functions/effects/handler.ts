import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from "aws-lambda"
import { logFault } from "../../http/call-log.ts"
import { memberMerchants } from "../../persistence/member-merchants.ts"
import { membershipStore } from "../../persistence/membership-store.ts"
import { merchantTimeZones } from "../../persistence/merchant-time-zones.ts"
import { notificationStore } from "../../persistence/notification-store.ts"
import { orderStore } from "../../persistence/order-store.ts"
import { recordStore } from "../../persistence/record-store.ts"
import { recordChange } from "../../usecases/consumption-records.ts"
import { notifyOfOrder, notifyOfRefund } from "../../usecases/make-notifications.ts"
import { tellOfMembership, tellOfPhone } from "../../usecases/tell-members.ts"
import {
  movementInOrder,
  movementInRefund,
  writeMovements,
  type ZonedMovement,
} from "../../usecases/write-movements.ts"
import { readEnvironment } from "../environment.ts"
import { clock, dynamodb } from "../machine.ts"
import { membershipChangeIn, phoneChangeIn } from "../member-changes.ts"
import { notificationData } from "../notification-data.ts"
import { notificationQueues } from "../notification-queues.ts"
import { openMovements } from "../objects.ts"
import { orderChangeIn, refundChangeIn } from "../order-changes.ts"

const environment = readEnvironment()
const { mainTable, settingsTable } = environment
const timeZoneOf = merchantTimeZones(dynamodb, settingsTable, clock.monotonicMs)
const ports = {
  clock,
  timeZoneOf,
  movements: openMovements(environment),
  records: recordStore(dynamodb, mainTable),
  orders: orderStore(dynamodb, mainTable),
  notifications: notificationStore(dynamodb, mainTable),
  notificationQueues: notificationQueues(environment),
  memberships: membershipStore(dynamodb, mainTable),
  memberMerchants: memberMerchants(dynamodb, settingsTable),
  ...notificationData(timeZoneOf),
}

/**
 * The stream of orders and refunds, and the only sender of effects. Stops at the first change that cannot be carried out:
 * the ones of an order must stay in their order, and those before it are not done again. Their movements are written all at
 * once at the end; where that fails, everything from the first of them on is done again.
 */
export async function handler(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
  const moved: { movement: ZonedMovement; item: string }[] = []
  let failed: string | undefined
  for (const record of event.Records) {
    const item = record.dynamodb?.SequenceNumber ?? ""
    try {
      const movement = await carryOut(record)
      if (movement) moved.push({ movement, item })
    } catch (fault) {
      logFault("effects", item, fault)
      failed = item
      break
    }
  }
  const [first] = moved
  if (first) {
    try {
      await writeMovements(
        ports,
        moved.map(({ movement }) => movement),
      )
    } catch (fault) {
      logFault("effects", first.item, fault)
      failed = first.item
    }
  }
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] }
}

/** Everything but the movement, which is given back. */
async function carryOut(record: DynamoDBRecord): Promise<ZonedMovement | undefined> {
  const change = orderChangeIn(record)
  if (change) {
    await recordChange(ports, change)
    await notifyOfOrder(ports, change)
    return movementInOrder(ports, change)
  }
  const membershipChange = membershipChangeIn(record)
  if (membershipChange) await tellOfMembership(ports, membershipChange)
  const phoneChange = phoneChangeIn(record)
  if (phoneChange) await tellOfPhone(ports, phoneChange)
  const refundChange = refundChangeIn(record)
  if (!refundChange) return undefined
  await notifyOfRefund(ports, refundChange)
  return movementInRefund(ports, refundChange)
}

/**
 * A notification as one item. This file is the only place that knows its attributes. One whose plan is used up stands in the
 * index of days too, which is how operators find it. `f` is the format: readers refuse what they do not know.
 */

import { sha256 } from "../domain/hash.ts"
import {
  NOTIFICATION_STATES,
  NOTIFICATION_TYPES,
  type Notification,
  type NotificationState,
  type NotificationType,
} from "../domain/notification.ts"
import {
  type Item,
  item,
  num,
  optionalNum,
  optionalStr,
  readNum,
  readOptionalNum,
  readOptionalStr,
  readStr,
  str,
} from "./attributes.ts"
import { NOTIFICATION_PREFIX, notificationKey, UNDELIVERED_SHARDS, undeliveredPk } from "./keys.ts"

const FORMAT = 1
const DAY_S = 24 * 60 * 60
/** How long it is kept after its end; one that was not delivered may still be asked for. */
const KEPT_S: Readonly<Record<Exclude<NotificationState, "WAITING">, number>> = {
  DELIVERED: 30 * DAY_S,
  UNDELIVERED: 365 * DAY_S,
}

/** Every attribute that a later write may set or, where it is absent then, remove; the others are written once. */
export const CHANGING_OF_NOTIFICATION = ["st", "v", "n", "du", "h", "lo", "la", "gpk", "gsk", "ttl"] as const

/** The present values of those. */
export function encodeChangingOfNotification(notification: Notification): Item {
  const { state, version, attempts, dueMs, holder, lastOutcome, lastAttemptAtMs } = notification
  const keptFrom = Math.ceil((lastAttemptAtMs ?? dueMs) / 1000)
  return item({
    st: str(state),
    v: num(version),
    n: num(attempts),
    du: num(dueMs),
    h: optionalStr(holder),
    lo: optionalStr(lastOutcome),
    la: optionalNum(lastAttemptAtMs),
    gpk: state === "UNDELIVERED" ? str(undeliveredPk(shardOf(notification.tradeNo))) : undefined,
    gsk: state === "UNDELIVERED" ? str(String(notification.createdAtMs).padStart(13, "0")) : undefined,
    ttl: state === "WAITING" ? undefined : num(keptFrom + KEPT_S[state]),
  })
}

export function encodeNotification(notification: Notification): Item {
  const { tradeNo, sequence, eventId, type, merchantId, url, data, createdAtMs } = notification
  const { pk, sk } = notificationKey(tradeNo, sequence)
  return {
    ...item({
      pk: str(pk),
      sk: str(sk),
      f: num(FORMAT),
      id: str(eventId),
      y: str(type),
      m: str(merchantId),
      nu: str(url),
      d: str(data),
      ca: num(createdAtMs),
    }),
    ...encodeChangingOfNotification(notification),
  }
}

export function decodeNotification(from: Item): Notification {
  const format = readNum(from, "f")
  if (format !== FORMAT) throw new Error(`notification item of unknown format ${format}`)
  return {
    tradeNo: readStr(from, "pk").slice(NOTIFICATION_PREFIX.length),
    sequence: Number(readStr(from, "sk")),
    eventId: readStr(from, "id"),
    type: oneOf<NotificationType>(NOTIFICATION_TYPES, readStr(from, "y")),
    merchantId: readStr(from, "m"),
    url: readStr(from, "nu"),
    data: readStr(from, "d"),
    createdAtMs: readNum(from, "ca"),
    state: oneOf<NotificationState>(NOTIFICATION_STATES, readStr(from, "st")),
    version: readNum(from, "v"),
    attempts: readNum(from, "n"),
    dueMs: readNum(from, "du"),
    holder: readOptionalStr(from, "h"),
    lastOutcome: readOptionalStr(from, "lo"),
    lastAttemptAtMs: readOptionalNum(from, "la"),
  }
}

function shardOf(tradeNo: string): number {
  return (sha256([tradeNo])[0] ?? 0) % UNDELIVERED_SHARDS
}

function oneOf<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((it) => it === text)
  if (!found) throw new Error(`stored notification says ${text}, which is unknown`)
  return found
}

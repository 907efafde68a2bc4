/**
 * Keys of everything kept in DynamoDB. Two tables: `main` holds what payments write (orders, codes, customers, records),
 * `settings` what operators write and payments only read (merchants, their keys and accounts, the platform's secrets).
 */
import { sha256 } from "../domain/hash.ts"

export type Key = { pk: string; sk: string }

export const ORDER_PREFIX = "O#"
export const orderKey = (tradeNo: string): Key => ({ pk: `${ORDER_PREFIX}${tradeNo}`, sk: "O" })
export const REFUND_PREFIX = "F#"
export const refundKey = (refundId: string): Key => ({ pk: `${REFUND_PREFIX}${refundId}`, sk: "F" })
export const codeKeyOf = (payId: string): Key => ({ pk: `C#${payId}`, sk: "C" })
export const customerKey = (uid: string): Key => ({ pk: `U#${uid}`, sk: "PROFILE" })
export const AGREEMENT_PREFIX = "A#"
export const agreementKey = (uid: string, merchantId: string, payType: string): Key => ({
  pk: `U#${uid}`,
  sk: `${AGREEMENT_PREFIX}${merchantId}#${payType}`,
})
export const RECORD_PREFIX = "R#"
/** Thirteen digits of milliseconds sort as text until the year 2286. */
export const recordKey = (uid: string, atMs: number, tradeNo: string): Key => ({
  pk: `U#${uid}`,
  sk: `${RECORD_PREFIX}${String(atMs).padStart(13, "0")}#${tradeNo}`,
})
export const MEMBERSHIP_PREFIX = "MB#"
export const membershipKey = (uid: string, merchantId: string): Key => ({
  pk: `U#${uid}`,
  sk: `${MEMBERSHIP_PREFIX}${merchantId}`,
})
export const PHONE_PREFIX = "PN#"
/** So that all phone numbers can be sealed anew without looking through the whole table. */
export const PHONE_SHARDS = 64
export const phonePk = (shard: number): string => `${PHONE_PREFIX}${String(shard).padStart(2, "0")}`
export const phoneKey = (uid: string): Key => ({
  pk: phonePk((sha256([uid])[0] ?? 0) % PHONE_SHARDS),
  sk: uid,
})
/** Whose a number is. Its blind index, never the number. */
export const phoneClaimKey = (blindIndex: string): Key => ({ pk: `PI#${blindIndex}`, sk: "PI" })
export const wrongCodesKey = (merchantId: string, windowStartMs: number): Key => ({
  pk: `W#${merchantId}`,
  sk: String(windowStartMs),
})

/** Name of the index that lists a merchant's orders of a day; it holds keys only, so a change of state never touches it. */
export const DAY_INDEX = "byDay"
/** One partition takes 1,000 writes a second: a merchant's day is spread over several. */
export const DAY_SHARDS = 4

export const dayIndexPk = (merchantId: string, date: string, shard: number): string =>
  `${merchantId}#${date}#${shard}`

export const dayIndexKey = (
  merchantId: string,
  date: string,
  tradeNo: string,
  createdAtMs: number,
): { gpk: string; gsk: string } => ({
  gpk: dayIndexPk(merchantId, date, (sha256([tradeNo])[0] ?? 0) % DAY_SHARDS),
  gsk: String(createdAtMs).padStart(13, "0"),
})

export function dayOfIndexKey(gpk: string): string {
  const day = gpk.split("#")[1]
  if (!day) throw new Error("stored order has no day")
  return day
}

export const merchantPk = (merchantId: string): string => `M#${merchantId}`
export const GATE_SK = "GATE"
export const PROFILE_SK = "PROFILE"
export const API_KEY_PREFIX = "KEY#"
export const ACCOUNT_PREFIX = "CH#"
export const accountSk = (channel: string, accountId: string, version: number): string =>
  `${ACCOUNT_PREFIX}${channel}#${accountId}#${version}`

/** Apart from what payments read. */
export const shopsPk = (merchantId: string): string => `S#${merchantId}`
export const SHOP_PREFIX = "SHOP#"

export const PLATFORM_SECRETS_KEY: Key = { pk: "PLATFORM", sk: "SECRETS" }
/** Under it stands the id of every merchant. */
export const MERCHANTS_PK = "MERCHANTS"

export const EXCEPTION_SHARDS = 8
export const exceptionPk = (shard: number): string => `X#${shard}`
export const exceptionKey = (shard: number, tradeNo: string, kind: string, refundId?: string): Key => ({
  pk: exceptionPk(shard),
  sk: refundId === undefined ? `${tradeNo}#${kind}` : `${tradeNo}#${kind}#${refundId}`,
})

export const auditPk = (day: string): string => `AUDIT#${day}`

export const refusedCallKey = (merchantId: string, nonce: string): Key => ({
  pk: `N#${merchantId}#${nonce}`,
  sk: "N",
})

export const channelHealthKey = (
  { merchantId, channel, accountId }: { merchantId: string; channel: string; accountId: string },
  windowStartMs: number,
): Key => ({ pk: `H#${merchantId}#${channel}#${accountId}`, sk: String(windowStartMs) })

/** Apart from the orders themselves, whose partition stays as small as it is. */
export const NOTIFICATION_PREFIX = "NT#"
export const notificationPk = (tradeNo: string): string => `${NOTIFICATION_PREFIX}${tradeNo}`
export const notificationKey = (tradeNo: string, sequence: number): Key => ({
  pk: notificationPk(tradeNo),
  sk: String(sequence).padStart(13, "0"),
})
export const UNDELIVERED_SHARDS = 4
/** In the index of days, where no merchant's number begins like this. */
export const undeliveredPk = (shard: number): string => `!undelivered#${shard}`

/** When it was last said that a merchant cannot be told. */
export const undeliveredNewsKey = (merchantId: string): Key => ({ pk: `NU#${merchantId}`, sk: "U" })

export const endpointPaceKey = ({ merchantId, host }: { merchantId: string; host: string }): Key => ({
  pk: `NH#${merchantId}#${host}`,
  sk: "H",
})

/**
 * Merchants as operators set them up. Each change is one transaction: the items that it is about, and the gate, whose version
 * must still be the one that the operator saw and rises by one. What follows from that:
 *
 * - Of two operators who change the same merchant one wins; the other's change is not made, and they are told.
 * - A process that dies, or an answer that is lost, leaves all of a change or nothing: no gate that demands settings which
 *   are not there, no settings that no gate demands, no pay type that points at an account which was never written.
 * - A payment that reads the gate before the transaction is made under the settings of before. One that reads it afterwards
 *   has its settings read anew, and finds all of the change (merchant-store.ts, `loadMerchant`). An order that was put before
 *   carries account and version of before, which stay readable.
 */
import {
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb"
import type { PayType } from "../domain/channel.ts"
import type { ChannelAccount } from "../usecases/ports.ts"
import { type Item, num, optionalStr, readStr, str } from "./attributes.ts"
import { ACCOUNT_PREFIX, API_KEY_PREFIX, GATE_SK, MERCHANTS_PK, merchantPk, PROFILE_SK } from "./keys.ts"
import {
  type AccountVersion,
  type ApiKey,
  decodeAccountVersion,
  decodeMerchant,
  encodeAccount,
  encodeApiKey,
  encodeRoute,
  gateItem,
  listItem,
  type MerchantProfile,
  type NewAccountVersion,
  profileItem,
  type RegisteredMerchant,
} from "./merchant-items.ts"
import { queryAll } from "./query-all.ts"
import type { FieldSeals } from "./sealed-fields.ts"
import { type AttributeChange, updateExpression } from "./update-expression.ts"

/** Null takes a field away. */
export type ProfileChange = {
  name?: string
  timeZone?: string
  category?: string | null
  subCategory?: string | null
  membershipUrl?: string | null
  phoneUrl?: string | null
}

/** `overtaken`: the merchant is not any more what was seen, and nothing was written. */
export type Written = "written" | "overtaken"

export type MerchantRegistry = {
  /** All of them, by id. */
  ids(): Promise<string[]>
  /** Strongly consistent. */
  read(merchantId: string): Promise<RegisteredMerchant | undefined>
  /** Every version of every account, without what is sealed. */
  accountVersions(merchantId: string): Promise<AccountVersion[]>
  /** Enabled, without keys and accounts. `overtaken` where the id is taken. */
  add(merchantId: string, profile: MerchantProfile, nowMs: number): Promise<Written>
  setProfile(seen: RegisteredMerchant, change: ProfileChange): Promise<Written>
  setDisabled(seen: RegisteredMerchant, disabled: boolean): Promise<Written>
  addApiKey(seen: RegisteredMerchant, key: ApiKey, nowMs: number): Promise<Written>
  revokeApiKey(seen: RegisteredMerchant, keyId: string, nowMs: number): Promise<Written>
  /** A version that was never written before; these pay types use it from then on. */
  setAccount(
    seen: RegisteredMerchant,
    version: NewAccountVersion,
    payTypes: readonly PayType[],
    fields: FieldSeals,
  ): Promise<Written>
  /** A version that is there already. */
  useAccount(
    seen: RegisteredMerchant,
    account: ChannelAccount,
    payTypes: readonly PayType[],
  ): Promise<Written>
  /** The pay type has no account any more; what it was stays. */
  switchOff(seen: RegisteredMerchant, payType: PayType): Promise<Written>
}

const NOT_THERE = "attribute_not_exists(pk)"

export function merchantRegistry(client: DynamoDBClient, TableName: string): MerchantRegistry {
  const put = (Item: Item): TransactWriteItem => ({
    Put: { TableName, Item, ConditionExpression: NOT_THERE },
  })

  /** The gate with what else belongs to the change. */
  function change(
    { merchantId, version, disabled }: RegisteredMerchant,
    ...items: TransactWriteItem[]
  ): Promise<Written> {
    const unseen = version === 0
    const gate: TransactWriteItem = {
      Update: {
        TableName,
        Key: { pk: str(merchantPk(merchantId)), sk: str(GATE_SK) },
        UpdateExpression: "SET v = :next, di = :disabled",
        ConditionExpression: unseen ? "attribute_not_exists(v)" : "v = :seen",
        ExpressionAttributeValues: {
          ":next": num(version + 1),
          ":disabled": { BOOL: disabled },
          ...(unseen ? {} : { ":seen": num(version) }),
        },
      },
    }
    return writeAll(client, [gate, ...items])
  }

  const profileUpdate = ({ merchantId }: RegisteredMerchant, update: AttributeChange): TransactWriteItem => ({
    Update: {
      TableName,
      Key: { pk: str(merchantPk(merchantId)), sk: str(PROFILE_SK) },
      ...updateExpression(update),
      ConditionExpression: "attribute_exists(pk)",
    },
  })

  return {
    async ids() {
      // A blank comes before every id.
      const items = await queryAll(client, TableName, { pk: MERCHANTS_PK, from: " " })
      return items.map((it) => readStr(it, "sk"))
    },

    async read(merchantId) {
      const items = await queryAll(client, TableName, { pk: merchantPk(merchantId), from: GATE_SK })
      return decodeMerchant(merchantId, items)
    },

    async accountVersions(merchantId) {
      const part = { pk: merchantPk(merchantId), prefix: ACCOUNT_PREFIX }
      return (await queryAll(client, TableName, part)).flatMap(
        (it) => decodeAccountVersion(merchantId, it) ?? [],
      )
    },

    add: (merchantId, profile, nowMs) =>
      writeAll(client, [
        put(gateItem(merchantId)),
        put(profileItem(merchantId, profile, { addedAtMs: nowMs })),
        { Put: { TableName, Item: listItem(merchantId) } },
      ]),

    setProfile: (seen, { name, timeZone, category, subCategory, membershipUrl, phoneUrl }) =>
      change(
        seen,
        profileUpdate(seen, {
          n: optionalStr(name),
          z: optionalStr(timeZone),
          ca: category === null ? null : optionalStr(category),
          cs: subCategory === null ? null : optionalStr(subCategory),
          mu: membershipUrl === null ? null : optionalStr(membershipUrl),
          pu: phoneUrl === null ? null : optionalStr(phoneUrl),
        }),
      ),

    setDisabled: (seen, disabled) => change({ ...seen, disabled }),

    addApiKey: (seen, key, nowMs) => change(seen, put(encodeApiKey(key, merchantPk(seen.merchantId), nowMs))),

    revokeApiKey: (seen, keyId, nowMs) =>
      change(seen, {
        Update: {
          TableName,
          Key: { pk: str(merchantPk(seen.merchantId)), sk: str(`${API_KEY_PREFIX}${keyId}`) },
          UpdateExpression: "SET rv = :now",
          ConditionExpression: "attribute_exists(pk) AND attribute_not_exists(rv)",
          ExpressionAttributeValues: { ":now": num(nowMs) },
        },
      }),

    setAccount: async (seen, version, payTypes, fields) =>
      change(
        seen,
        put(await encodeAccount(version, TableName, fields)),
        profileUpdate(seen, routesTo(version.account, payTypes)),
      ),

    useAccount: (seen, account, payTypes) => change(seen, profileUpdate(seen, routesTo(account, payTypes))),

    switchOff: (seen, payType) => change(seen, profileUpdate(seen, { [`ac.${payType}`]: null })),
  }
}

function routesTo(account: ChannelAccount, payTypes: readonly PayType[]): AttributeChange {
  return Object.fromEntries(payTypes.map((it) => [`ac.${it}`, encodeRoute(account)]))
}

async function writeAll(client: DynamoDBClient, TransactItems: TransactWriteItem[]): Promise<Written> {
  try {
    await client.send(new TransactWriteItemsCommand({ TransactItems }))
    return "written"
  } catch (fault) {
    if (!(fault instanceof TransactionCanceledException)) throw fault
    const reasons = (fault.CancellationReasons ?? []).map(({ Code }) => Code)
    // A conflict is somebody else's transaction on the same items at this very moment.
    const overtaken = ["ConditionalCheckFailed", "TransactionConflict"]
    if (reasons.some((it) => it !== undefined && overtaken.includes(it))) return "overtaken"
    throw fault
  }
}

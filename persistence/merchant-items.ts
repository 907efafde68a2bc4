/** The items of a merchant in the settings table: what each holds, and how it is read back. */
import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import { CHANNEL_IDS, PAY_TYPES, type PayType } from "../domain/channel.ts"
import type { ChannelAccount, Merchant, MerchantGate } from "../usecases/ports.ts"
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
import {
  ACCOUNT_PREFIX,
  API_KEY_PREFIX,
  accountSk,
  GATE_SK,
  MERCHANTS_PK,
  merchantPk,
  PROFILE_SK,
} from "./keys.ts"
import type { FieldSeals, Place } from "./sealed-fields.ts"

/** A merchant's public key as it was registered, in PEM. */
export type ApiKey = { keyId: string; publicKeyPem: string }

/** A key never vanishes: a revoked one stays, so that its id cannot come back as another key. */
export type RegisteredApiKey = ApiKey & { addedAtMs?: number; revoked: boolean; revokedAtMs?: number }

/** Settings of an account at a channel: only the channel's own adapter knows what is inside. */
export type AccountSettings = Record<string, string>

/** A version of an account's settings as it may be shown: the names of what is sealed in it, no values. */
export type AccountVersion = { account: ChannelAccount; fields: readonly string[]; setAtMs?: number }

/** What people know a merchant by. `timeZone` is an IANA name. */
export type MerchantProfile = {
  name: string
  timeZone: string
  category?: string
  subCategory?: string
  /** Where it hears of members and of their phone numbers (A13, A14); without one it takes no members, or hears of none. */
  membershipUrl?: string
  phoneUrl?: string
}

export type RegisteredMerchant = MerchantProfile & {
  merchantId: string
  /** Of the gate: a change is made only while it is still this one. */
  version: number
  disabled: boolean
  accounts: Merchant["accounts"]
  apiKeys: readonly RegisteredApiKey[]
  addedAtMs?: number
}

/** No gate: the merchant was never finished, so it may not pay. */
export function decodeGate(from: Item): MerchantGate {
  return {
    disabled: from.v === undefined || from.di?.BOOL === true,
    settingsVersion: readOptionalNum(from, "v") ?? 0,
  }
}

export function encodeApiKey({ keyId, publicKeyPem }: ApiKey, pk: string, addedAtMs?: number): Item {
  return item({
    pk: str(pk),
    sk: str(`${API_KEY_PREFIX}${keyId}`),
    p: str(publicKeyPem),
    at: optionalNum(addedAtMs),
  })
}

export function decodeApiKey(from: Item): RegisteredApiKey {
  return {
    keyId: readStr(from, "sk").slice(API_KEY_PREFIX.length),
    publicKeyPem: readStr(from, "p"),
    addedAtMs: readOptionalNum(from, "at"),
    revoked: from.rv !== undefined,
    revokedAtMs: readOptionalNum(from, "rv"),
  }
}

/** Which account a pay type uses, as it stands in the profile. */
export function encodeRoute({ channel, accountId, settingsVersion }: ChannelAccount): AttributeValue {
  return { M: { c: str(channel), a: str(accountId), v: num(settingsVersion) } }
}

export function decodeRoutes(merchantId: string, profile: Item): Merchant["accounts"] {
  const accounts: Partial<Record<PayType, ChannelAccount>> = {}
  for (const [payType, value] of Object.entries(profile.ac?.M ?? {})) {
    const known = PAY_TYPES.find((it) => it === payType)
    const channel = CHANNEL_IDS.find((it) => it === value.M?.c?.S)
    if (!known || !channel || !value.M) continue
    accounts[known] = {
      merchantId,
      channel,
      accountId: readStr(value.M, "a"),
      settingsVersion: readNum(value.M, "v"),
    }
  }
  return accounts
}

/** A version of an account, once written, never changes: orders carry its number. */
export type NewAccountVersion = { account: ChannelAccount; settings: AccountSettings; setAtMs?: number }

export async function encodeAccount(
  { account, settings, setAtMs }: NewAccountVersion,
  table: string,
  fields: FieldSeals,
): Promise<Item> {
  const place = accountPlace(table, account)
  return item({
    pk: str(place.pk),
    sk: str(place.sk),
    se: { B: await fields.seal(place, JSON.stringify(settings)) },
    fn: { L: Object.keys(settings).map(str) },
    at: optionalNum(setAtMs),
  })
}

export function decodeAccountVersion(merchantId: string, from: Item): AccountVersion | undefined {
  const [channelText, accountId, version] = readStr(from, "sk").slice(ACCOUNT_PREFIX.length).split("#")
  const channel = CHANNEL_IDS.find((it) => it === channelText)
  if (!channel || !accountId) return undefined
  return {
    account: { merchantId, channel, accountId, settingsVersion: Number(version) },
    fields: (from.fn?.L ?? []).flatMap(({ S }) => S ?? []),
    setAtMs: readOptionalNum(from, "at"),
  }
}

/** A merchant has no such account, or not in that version: everything else that goes wrong is a fault. */
export class AccountUnknown extends Error {
  override name = "AccountUnknown"
}

/** Throws where nothing is sealed in it, or it does not open. */
export async function openAccount(
  from: Item | undefined,
  account: ChannelAccount,
  table: string,
  fields: FieldSeals,
): Promise<AccountSettings> {
  const place = accountPlace(table, account)
  const sealed = from?.se?.B
  if (!sealed) throw new AccountUnknown(`merchant ${account.merchantId} has no account ${place.sk}`)
  return JSON.parse(await fields.unseal(place, sealed))
}

function accountPlace(table: string, account: ChannelAccount): Place {
  const { merchantId, channel, accountId, settingsVersion } = account
  return {
    table,
    pk: merchantPk(merchantId),
    sk: accountSk(channel, accountId, settingsVersion),
    attribute: "se",
  }
}

/** A merchant that may pay, at its first version. */
export function gateItem(merchantId: string): Item {
  return { pk: str(merchantPk(merchantId)), sk: str(GATE_SK), v: num(1), di: { BOOL: false } }
}

/** Its line in the list of merchants. */
export function listItem(merchantId: string): Item {
  return { pk: str(MERCHANTS_PK), sk: str(merchantId) }
}

export function profileItem(
  merchantId: string,
  { name, timeZone, category, subCategory, membershipUrl, phoneUrl }: MerchantProfile,
  { accounts, addedAtMs }: { accounts?: ReadonlyMap<PayType, ChannelAccount>; addedAtMs?: number },
): Item {
  return item({
    pk: str(merchantPk(merchantId)),
    sk: str(PROFILE_SK),
    n: str(name),
    z: str(timeZone),
    ca: optionalStr(category),
    cs: optionalStr(subCategory),
    mu: optionalStr(membershipUrl),
    pu: optionalStr(phoneUrl),
    ac: { M: Object.fromEntries([...(accounts ?? [])].map(([it, account]) => [it, encodeRoute(account)])) },
    at: optionalNum(addedAtMs),
  })
}

/** Undefined where there is no profile. */
export function decodeMerchant(merchantId: string, items: readonly Item[]): RegisteredMerchant | undefined {
  const profile = items.find((it) => it.sk?.S === PROFILE_SK)
  if (!profile) return undefined
  const gate = decodeGate(items.find((it) => it.sk?.S === GATE_SK) ?? {})
  return {
    merchantId,
    name: readStr(profile, "n"),
    timeZone: readStr(profile, "z"),
    category: readOptionalStr(profile, "ca"),
    subCategory: readOptionalStr(profile, "cs"),
    membershipUrl: readOptionalStr(profile, "mu"),
    phoneUrl: readOptionalStr(profile, "pu"),
    version: gate.settingsVersion,
    disabled: gate.disabled,
    accounts: decodeRoutes(merchantId, profile),
    apiKeys: items.filter((it) => it.sk?.S?.startsWith(API_KEY_PREFIX)).map(decodeApiKey),
    addedAtMs: readOptionalNum(profile, "at"),
  }
}

/**
 * Merchants: profile, gate, API keys and channel accounts under one partition of the settings table. Payments read them
 * from memory and compare versions with the gate, which is read at each payment; so a change is effective at once.
 */
import { type DynamoDBClient, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb"
import { CHANNEL_IDS, PAY_TYPES, type PayType } from "../domain/channel.ts"
import type { ChannelAccount, Clock, Merchant, MerchantGate, MerchantStore } from "../usecases/ports.ts"
import { type Item, num, readNum, readOptionalNum, readStr, str } from "./attributes.ts"
import {
  ACCOUNT_PREFIX,
  API_KEY_PREFIX,
  accountSk,
  GATE_SK,
  MERCHANTS_PK,
  merchantPk,
  PROFILE_SK,
} from "./keys.ts"
import { type Place, seal, unseal } from "./sealed-fields.ts"

/** A merchant's public key as it was registered, in PEM. */
export type ApiKey = { keyId: string; publicKeyPem: string }

/** Settings of an account at a channel: only the channel's own adapter knows what is inside. */
export type AccountSettings = Record<string, string>

export type LoadedMerchant = {
  merchant: Merchant
  apiKeys: readonly ApiKey[]
  sealedAccounts: ReadonlyMap<string, Item>
}

export type MerchantSettingsStore = MerchantStore & {
  /** A live key of a merchant; a key that was just registered is found at once. */
  apiKey(merchantId: string, keyId: string): Promise<ApiKey | undefined>
  /** The settings of an account in exactly that version, opened. */
  accountSettings(account: ChannelAccount): Promise<AccountSettings>
}

/** How long settings are used from memory where no gate is read (queries): a revoked key is refused after that at the latest. */
const FRESH_MS = 30_000
/** An unknown key or account has the settings read again, at most this often a merchant: it must not be a way to make us read. */
const REREAD_MS = 1_000
/** Merchants kept in one function's memory. */
const MOST_KEPT = 1_000

export function merchantStore(
  client: DynamoDBClient,
  tableName: string,
  fieldKey: Buffer,
  clock: Pick<Clock, "monotonicMs">,
): MerchantSettingsStore {
  const cache = new Map<string, { loaded: Promise<LoadedMerchant | undefined>; atMs: number }>()

  function load(merchantId: string): Promise<LoadedMerchant | undefined> {
    const entry = { loaded: loadMerchant(client, tableName, merchantId), atMs: clock.monotonicMs() }
    // Ids come in with calls that nobody has verified yet: the oldest entry makes room.
    if (cache.size >= MOST_KEPT) cache.delete(cache.keys().next().value ?? "")
    cache.set(merchantId, entry)
    entry.loaded.catch(() => {
      if (cache.get(merchantId) === entry) cache.delete(merchantId)
    })
    return entry.loaded
  }

  function cached(merchantId: string, freshMs: number): Promise<LoadedMerchant | undefined> {
    const found = cache.get(merchantId)
    return found && clock.monotonicMs() - found.atMs < freshMs ? found.loaded : load(merchantId)
  }

  return {
    async read(merchantId, atLeastVersion = 0) {
      const found = await cached(merchantId, FRESH_MS)
      if (found && found.merchant.settingsVersion >= atLeastVersion) return found.merchant
      return atLeastVersion > 0 ? (await load(merchantId))?.merchant : undefined
    },

    async apiKey(merchantId, keyId) {
      const byId = (loaded: LoadedMerchant | undefined) => loaded?.apiKeys.find((it) => it.keyId === keyId)
      return byId(await cached(merchantId, FRESH_MS)) ?? byId(await cached(merchantId, REREAD_MS))
    },

    async accountSettings(account) {
      const { merchantId } = account
      const sk = accountSk(account.channel, account.accountId, account.settingsVersion)
      const item =
        (await cached(merchantId, FRESH_MS))?.sealedAccounts.get(sk) ??
        (await cached(merchantId, REREAD_MS))?.sealedAccounts.get(sk)
      const sealed = item?.se?.B
      if (!sealed) throw new Error(`merchant ${merchantId} has no account ${sk}`)
      return JSON.parse(unseal(fieldKey, accountPlace(tableName, merchantId, sk), sealed))
    },
  }
}

function accountPlace(table: string, merchantId: string, sk: string): Place {
  return { table, pk: merchantPk(merchantId), sk, attribute: "se" }
}

async function loadMerchant(
  client: DynamoDBClient,
  tableName: string,
  merchantId: string,
): Promise<LoadedMerchant | undefined> {
  const items: Item[] = []
  let from: Item | undefined
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": str(merchantPk(merchantId)) },
        ExclusiveStartKey: from,
      }),
    )
    items.push(...(page.Items ?? []))
    from = page.LastEvaluatedKey
  } while (from)
  const profile = items.find((it) => it.sk?.S === PROFILE_SK)
  if (!profile) return undefined
  const apiKeys = items
    .filter((it) => it.sk?.S?.startsWith(API_KEY_PREFIX) && it.rv === undefined)
    .map((it) => ({ keyId: readStr(it, "sk").slice(API_KEY_PREFIX.length), publicKeyPem: readStr(it, "p") }))
  const gate = items.find((it) => it.sk?.S === GATE_SK)
  return {
    merchant: {
      merchantId,
      name: readStr(profile, "n"),
      timeZone: readStr(profile, "z"),
      settingsVersion: decodeGate(gate ?? {}).settingsVersion,
      accounts: decodeAccounts(merchantId, profile),
      keyIds: apiKeys.map((it) => it.keyId),
    },
    apiKeys,
    sealedAccounts: new Map(
      items.filter((it) => it.sk?.S?.startsWith(ACCOUNT_PREFIX)).map((it) => [readStr(it, "sk"), it]),
    ),
  }
}

/** No gate: the merchant was never finished, so it may not pay. */
export function decodeGate(from: Item): MerchantGate {
  return {
    disabled: from.v === undefined || from.di?.BOOL === true,
    settingsVersion: readOptionalNum(from, "v") ?? 0,
  }
}

function decodeAccounts(merchantId: string, profile: Item): Merchant["accounts"] {
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

/** All of a merchant as an operator sets it up. */
export type MerchantRegistration = {
  merchantId: string
  name: string
  timeZone: string
  apiKeys: readonly ApiKey[]
  accounts: readonly { payTypes: readonly PayType[]; account: ChannelAccount; settings: AccountSettings }[]
}

/** Writes a merchant's items; the gate last, so that it pays only once the rest stands there. */
export async function registerMerchant(
  client: DynamoDBClient,
  tableName: string,
  fieldKey: Buffer,
  registration: MerchantRegistration,
): Promise<void> {
  const { merchantId, name, timeZone, apiKeys, accounts } = registration
  const pk = str(merchantPk(merchantId))
  const put = (Item: Item) => client.send(new PutItemCommand({ TableName: tableName, Item }))
  for (const { keyId, publicKeyPem } of apiKeys) {
    await put({ pk, sk: str(`${API_KEY_PREFIX}${keyId}`), p: str(publicKeyPem) })
  }
  const byPayType: Record<string, { M: Item }> = {}
  for (const { payTypes, account, settings } of accounts) {
    const sk = accountSk(account.channel, account.accountId, account.settingsVersion)
    const se = { B: seal(fieldKey, accountPlace(tableName, merchantId, sk), JSON.stringify(settings)) }
    await put({ pk, sk: str(sk), se })
    for (const payType of payTypes) {
      byPayType[payType] = {
        M: { c: str(account.channel), a: str(account.accountId), v: num(account.settingsVersion) },
      }
    }
  }
  await put({ pk: str(MERCHANTS_PK), sk: str(merchantId) })
  await put({ pk, sk: str(PROFILE_SK), n: str(name), z: str(timeZone), ac: { M: byPayType } })
  await put({ pk, sk: str(GATE_SK), v: num(1), di: { BOOL: false } })
}

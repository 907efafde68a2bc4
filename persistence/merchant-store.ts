/**
 * Merchants as the functions read them: profile, gate, API keys and channel accounts. Payments have them in memory and compare
 * versions with the gate, which is read at each payment; so a change is effective at once.
 */
import { isDeepStrictEqual } from "node:util"
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import type { ChannelAccount, Clock, Merchant, MerchantStore } from "../usecases/ports.ts"
import { type Item, readStr } from "./attributes.ts"
import { ACCOUNT_PREFIX, API_KEY_PREFIX, accountSk, GATE_SK, merchantPk, PROFILE_SK } from "./keys.ts"
import {
  type AccountSettings,
  type ApiKey,
  decodeApiKey,
  decodeGate,
  decodeRoutes,
  openAccount,
} from "./merchant-items.ts"
import { queryAll } from "./query-all.ts"
import type { FieldSeals } from "./sealed-fields.ts"

type LoadedMerchant = { merchant: Merchant; apiKeys: readonly ApiKey[] }

export type MerchantSettingsStore = MerchantStore & {
  /** A live key of a merchant; a key that was just registered is found at once. */
  apiKey(merchantId: string, keyId: string): Promise<ApiKey | undefined>
  /** The settings of an account in exactly that version, opened. Throws where there is none. */
  accountSettings(account: ChannelAccount): Promise<AccountSettings>
}

/**
 * How long settings are used from memory where no gate is read (all calls but payments): a revoked key is refused there after
 * that at the latest. A read unit is small against the damage of a stolen key.
 */
const FRESH_MS = 10_000
/** An unknown key or account has the settings read again, at most this often a merchant: it must not be a way to make us read. */
const REREAD_MS = 1_000
/** A version of an account never changes, but it is sealed anew when the data key is replaced (ADR 0018). */
const ACCOUNTS_FRESH_MS = 60 * 60_000
/** Merchants kept in one function's memory. */
const MOST_KEPT = 1_000

export function merchantStore(
  client: DynamoDBClient,
  tableName: string,
  fields: FieldSeals,
  clock: Pick<Clock, "monotonicMs">,
): MerchantSettingsStore {
  const merchants = remembered(clock, (merchantId) => loadMerchant(client, tableName, merchantId))
  const accounts = remembered(clock, (merchantId) => loadAccounts(client, tableName, merchantId))

  return {
    async read(merchantId, atLeastVersion = 0) {
      const found = await merchants.get(merchantId, FRESH_MS)
      if (found && found.merchant.settingsVersion >= atLeastVersion) return found.merchant
      return atLeastVersion > 0 ? (await merchants.load(merchantId))?.merchant : undefined
    },

    async apiKey(merchantId, keyId) {
      const byId = (loaded: LoadedMerchant | undefined) => loaded?.apiKeys.find((it) => it.keyId === keyId)
      return (
        byId(await merchants.get(merchantId, FRESH_MS)) ?? byId(await merchants.get(merchantId, REREAD_MS))
      )
    },

    async accountSettings(account) {
      const { merchantId, channel, accountId, settingsVersion } = account
      const sk = accountSk(channel, accountId, settingsVersion)
      const known = (await accounts.get(merchantId, ACCOUNTS_FRESH_MS)).get(sk)
      const found = known ?? (await accountsAnew(account)).get(sk)
      return openAccount(found, account, tableName, fields)
    },
  }

  /** One that the profile names is there by now, however lately we looked: it was written with it. */
  async function accountsAnew(account: ChannelAccount): Promise<ReadonlyMap<string, Item>> {
    const { merchantId } = account
    const named = (await merchants.get(merchantId, FRESH_MS))?.merchant.accounts ?? {}
    const inUse = Object.values(named).some((it) => isDeepStrictEqual(it, account))
    return inUse ? accounts.load(merchantId) : accounts.get(merchantId, REREAD_MS)
  }
}

/** Keeps what was read of each merchant, and when; a read that fails is not kept. */
function remembered<T>(
  clock: Pick<Clock, "monotonicMs">,
  read: (merchantId: string) => Promise<T>,
): { load(merchantId: string): Promise<T>; get(merchantId: string, freshMs: number): Promise<T> } {
  const kept = new Map<string, { value: Promise<T>; atMs: number }>()
  function load(merchantId: string): Promise<T> {
    const entry = { value: read(merchantId), atMs: clock.monotonicMs() }
    // Ids come in with calls that nobody has verified yet: the oldest entry makes room.
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value ?? "")
    kept.set(merchantId, entry)
    entry.value.catch(() => {
      if (kept.get(merchantId) === entry) kept.delete(merchantId)
    })
    return entry.value
  }
  return {
    load,
    get(merchantId, freshMs) {
      const found = kept.get(merchantId)
      return found && clock.monotonicMs() - found.atMs < freshMs ? found.value : load(merchantId)
    },
  }
}

/**
 * All but the accounts, which are before the gate in the order of the sort key. Operators write in one transaction, but a query
 * may run into its middle. It reads the gate first: so the version it brings is never newer than the keys and the profile
 * beside it, and at worst a payment has all of it read once more.
 */
async function loadMerchant(
  client: DynamoDBClient,
  tableName: string,
  merchantId: string,
): Promise<LoadedMerchant | undefined> {
  const items = await queryAll(client, tableName, { pk: merchantPk(merchantId), from: GATE_SK })
  const profile = items.find((it) => it.sk?.S === PROFILE_SK)
  if (!profile) return undefined
  const apiKeys = items
    .filter((it) => it.sk?.S?.startsWith(API_KEY_PREFIX))
    .map(decodeApiKey)
    .filter(({ revoked }) => !revoked)
  return {
    merchant: {
      merchantId,
      name: readStr(profile, "n"),
      timeZone: readStr(profile, "z"),
      settingsVersion: decodeGate(items.find((it) => it.sk?.S === GATE_SK) ?? {}).settingsVersion,
      accounts: decodeRoutes(merchantId, profile),
      keyIds: apiKeys.map((it) => it.keyId),
    },
    apiKeys,
  }
}

/** Sealed, by sort key, in every version: orders carry the one they were charged with. */
async function loadAccounts(
  client: DynamoDBClient,
  tableName: string,
  merchantId: string,
): Promise<ReadonlyMap<string, Item>> {
  const items = await queryAll(client, tableName, { pk: merchantPk(merchantId), prefix: ACCOUNT_PREFIX })
  return new Map(items.map((it) => [readStr(it, "sk"), it]))
}

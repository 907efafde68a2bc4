import { type DynamoDBClient, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb"
import type { PayType } from "../domain/channel.ts"
import { merchantPk } from "./keys.ts"
import {
  type ApiKey,
  encodeAccount,
  encodeApiKey,
  gateItem,
  listItem,
  type NewAccountVersion,
  profileItem,
} from "./merchant-items.ts"
import type { FieldSeals } from "./sealed-fields.ts"

/** All of a merchant at once, written over whatever stands there: for demo data and tests. */
export type MerchantRegistration = {
  merchantId: string
  name: string
  timeZone: string
  apiKeys: readonly ApiKey[]
  accounts: readonly (NewAccountVersion & { payTypes: readonly PayType[] })[]
}

export async function registerMerchant(
  client: DynamoDBClient,
  TableName: string,
  fields: FieldSeals,
  { merchantId, apiKeys, accounts, ...profile }: MerchantRegistration,
): Promise<void> {
  const used = new Map(accounts.flatMap(({ payTypes, account }) => payTypes.map((it) => [it, account])))
  const versions = new Map(accounts.map((it) => [JSON.stringify(it.account), it]))
  const items = [
    gateItem(merchantId),
    profileItem(merchantId, profile, { accounts: used }),
    listItem(merchantId),
    ...apiKeys.map((it) => encodeApiKey(it, merchantPk(merchantId))),
    ...(await Promise.all([...versions.values()].map((it) => encodeAccount(it, TableName, fields)))),
  ]
  const TransactItems = items.map((Item) => ({ Put: { TableName, Item } }))
  await client.send(new TransactWriteItemsCommand({ TransactItems }))
}

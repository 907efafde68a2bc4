import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb"
import type { MemberMerchantStore } from "../usecases/membership-ports.ts"
import { readOptionalStr, readStr, str } from "./attributes.ts"
import { GATE_SK, merchantPk, PROFILE_SK } from "./keys.ts"
import { decodeGate } from "./merchant-items.ts"

/** Merchants as memberships see them: small reads, needing none of their secrets, and as they are at that moment. */
export function memberMerchants(client: DynamoDBClient, settingsTable: string): MemberMerchantStore {
  const get = async (merchantId: string, sk: string) => {
    const Key = { pk: str(merchantPk(merchantId)), sk: str(sk) }
    const { Item } = await client.send(
      new GetItemCommand({ TableName: settingsTable, Key, ConsistentRead: true }),
    )
    return Item
  }
  return {
    async read(merchantId) {
      const profile = await get(merchantId, PROFILE_SK)
      return (
        profile && {
          name: readStr(profile, "n"),
          membershipUrl: readOptionalStr(profile, "mu"),
          phoneUrl: readOptionalStr(profile, "pu"),
        }
      )
    },

    isDisabled: async (merchantId) => decodeGate((await get(merchantId, GATE_SK)) ?? {}).disabled,
  }
}

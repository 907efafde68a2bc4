/** What memberships are kept in, for functions that open phone numbers. */
import { memberMerchants } from "../persistence/member-merchants.ts"
import { membershipStore } from "../persistence/membership-store.ts"
import { phoneStore } from "../persistence/phone-store.ts"
import type { OpenDataKeys } from "../persistence/platform-secrets.ts"
import type { Environment } from "./environment.ts"
import type { KeptFresh } from "./kept-fresh.ts"
import { dynamodb } from "./machine.ts"
import { sealedUnder } from "./secrets.ts"

export function memberStores({ mainTable, settingsTable }: Environment, dataKeys: KeptFresh<OpenDataKeys>) {
  const phoneKey = async () => (await dataKeys.get()).phoneKey
  return {
    memberships: membershipStore(dynamodb, mainTable),
    memberMerchants: memberMerchants(dynamodb, settingsTable),
    phones: phoneStore(dynamodb, mainTable, sealedUnder(dataKeys), phoneKey),
  }
}

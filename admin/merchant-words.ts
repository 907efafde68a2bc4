/** A merchant in plain words. */
import { PAY_TYPES } from "../domain/channel.ts"
import type { RegisteredApiKey, RegisteredMerchant } from "../persistence/merchant-items.ts"
import type { ChannelAccount } from "../usecases/ports.ts"
import { fingerprintOf } from "./key-fingerprint.ts"
import { localTime } from "./times.ts"

export function describeMerchant(merchant: RegisteredMerchant, shopCount: number): string[] {
  const { merchantId, name, timeZone, category, subCategory, version, disabled, addedAtMs } = merchant
  const { membershipUrl, phoneUrl } = merchant
  const live = merchant.apiKeys.filter(({ revoked }) => !revoked)
  const kind = [category, subCategory].filter((it) => it !== undefined).join(", ")
  return [
    `merchant  ${merchantId}`,
    `name      ${name}`,
    ...(kind ? [`category  ${kind}`] : []),
    `time zone ${timeZone}`,
    ...(membershipUrl === undefined ? [] : [`members   told to ${membershipUrl}`]),
    ...(phoneUrl === undefined ? [] : [`phones    told to ${phoneUrl}`]),
    `state     ${stateOf(merchant)}${disabled ? ": no payment is accepted" : ""}`,
    `version   ${version}`,
    ...(addedAtMs === undefined ? [] : [`added     ${localTime(addedAtMs, timeZone)}`]),
    `shops     ${shopCount}`,
    `API keys  ${live.length === 0 ? "none: it cannot call anything" : live.map(({ keyId }) => keyId).join(", ")}`,
    ...describeRoutes(merchant),
  ]
}

/** Which account each pay type uses. */
export function describeRoutes({ accounts }: Pick<RegisteredMerchant, "accounts">): string[] {
  const used = PAY_TYPES.flatMap((payType) => {
    const account = accounts[payType]
    return account ? [`pays by   ${payType} through ${accountName(account)}`] : []
  })
  return used.length > 0 ? used : ["pays by   nothing: every payment answers PAY_METHOD_OFF"]
}

export function accountName({ channel, accountId, settingsVersion }: ChannelAccount): string {
  return `${channel} ${accountId}, version ${settingsVersion}`
}

export function stateOf({ disabled }: Pick<RegisteredMerchant, "disabled">): "enabled" | "disabled" {
  return disabled ? "disabled" : "enabled"
}

export function merchantAsJson(merchant: RegisteredMerchant, shopCount: number) {
  const { disabled, apiKeys, accounts, ...rest } = merchant
  return { ...rest, state: stateOf(merchant), shops: shopCount, apiKeys: apiKeys.map(keyAsJson), accounts }
}

export function keyAsJson({ keyId, publicKeyPem, revoked, addedAtMs, revokedAtMs }: RegisteredApiKey) {
  return { keyId, ...fingerprintOf(publicKeyPem), live: !revoked, addedAtMs, revokedAtMs }
}

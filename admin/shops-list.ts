import type { Shop } from "../persistence/shop-store.ts"
import type { Command } from "./command.ts"
import { findMerchant } from "./find-merchant.ts"
import { maskedPhone, shopAsJson } from "./find-shop.ts"
import { yuan } from "./order-words.ts"

export const shopsList: Command = {
  name: "shops list",
  words: "M",
  summary: "The shops of a merchant",
  details: ["Phone numbers are shown in part."],
  takes: ["json"],
  wordCount: { min: 1, max: 1 },
  async run({ words, json }, desk) {
    const found = await findMerchant(desk, words[0])
    if (!found.ok) return found
    const shops = await desk.shops.list(found.merchant.merchantId)
    if (json) return { ok: true, lines: [], json: shops.map(shopAsJson) }
    if (shops.length === 0) return { ok: true, lines: [`${found.merchant.merchantId} has no shops yet.`] }
    return { ok: true, lines: shops.flatMap(describe) }
  },
}

function describe({ storeId, name, address, phone, longitude, latitude, averageSpendFen }: Shop): string[] {
  const place = longitude === undefined || latitude === undefined ? undefined : `${longitude}, ${latitude}`
  return [
    `${storeId}  ${name}`,
    ...(address ? [`  address  ${address}`] : []),
    ...(place ? [`  place    ${place} (longitude, latitude)`] : []),
    ...(phone ? [`  phone    ${maskedPhone(phone)}`] : []),
    ...(averageSpendFen === undefined ? [] : [`  spend    ${yuan(averageSpendFen)} on average`]),
  ]
}

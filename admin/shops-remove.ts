import { askFirst } from "./ask-first.ts"
import type { Command } from "./command.ts"
import { findMerchant } from "./find-merchant.ts"
import { storeIdFrom } from "./find-shop.ts"
import { recorded, whoAndWhy } from "./recorded.ts"
import { SHOP_OVERTAKEN } from "./shops-set.ts"

export const shopsRemove: Command = {
  name: "shops remove",
  words: "M STORE_ID",
  summary: "Forgets a shop",
  details: ["Its orders stay, and its tills go on paying: they belong to the merchant."],
  takes: ["operator", "reason", "yes", "json"],
  wordCount: { min: 2, max: 2 },
  async run(request, desk, terminal) {
    const storeId = storeIdFrom(request.words[1])
    const found = await findMerchant(desk, request.words[0])
    if (!found.ok) return found
    const { merchantId } = found.merchant
    const { shop, version } = await desk.shops.read(merchantId, storeId)
    if (!shop) return { ok: false, why: `${merchantId} has no shop ${storeId}` }
    const about = [`stage    ${desk.stage}`, `merchant ${merchantId}`, `shop     ${storeId}, ${shop.name}`]
    const question = "Its name, address and phone number are forgotten; its orders stay. Remove it?"
    const declined = await askFirst({ about, question }, request, terminal)
    if (declined) return declined
    const removed = await recorded(
      desk,
      { action: "shops remove", subject: `${merchantId}/${storeId}`, ...whoAndWhy(request) },
      () => desk.shops.remove(merchantId, storeId, version, desk.clock.nowMs()),
      (it) => (it ? "done" : "refused: overtaken by another change"),
    )
    if (!removed) return { ok: false, why: SHOP_OVERTAKEN }
    return { ok: true, lines: [`${storeId} of ${merchantId} is removed.`], json: { merchantId, storeId } }
  },
}

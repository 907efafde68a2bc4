import type { Shop } from "../persistence/shop-store.ts"
import type { Command, Request } from "./command.ts"
import { findMerchant } from "./find-merchant.ts"
import { shopAsJson, storeIdFrom } from "./find-shop.ts"
import { recorded, whoAndWhy } from "./recorded.ts"
import { UsageError } from "./usage-error.ts"

/** C1: a merchant's shop. Payments do not look at it: a till may name a shop that is not registered. */
export const shopsSet: Command = {
  name: "shops set",
  words: "M STORE_ID",
  summary: "Registers a shop, or changes one",
  details: [
    'A new shop needs --name. What is not named stays; an empty text (--phone "") takes it away.',
    "A place has both longitude and latitude.",
  ],
  takes: ["name", "address", "phone", "longitude", "latitude", "average-spend", "operator", "reason", "json"],
  wordCount: { min: 2, max: 2 },
  async run(request, desk) {
    const storeId = storeIdFrom(request.words[1])
    const named = Object.entries(fieldsIn(request)).flatMap(([name, it]) => (it === undefined ? [] : name))
    if (named.length === 0) throw new UsageError("say what to set: --name, --address, --phone …")
    const found = await findMerchant(desk, request.words[0])
    if (!found.ok) return found
    const { merchantId } = found.merchant
    const seen = await desk.shops.read(merchantId, storeId)
    const shop = changed(seen.shop, { merchantId, storeId }, request)
    const written = await recorded(
      desk,
      {
        action: "shops set",
        subject: `${merchantId}/${storeId}`,
        what: named.join(", "),
        ...whoAndWhy(request),
      },
      () => desk.shops.put(shop, seen.version, desk.clock.nowMs()),
      (it) => (it ? "done" : "refused: overtaken by another change"),
    )
    if (!written) return { ok: false, why: SHOP_OVERTAKEN }
    const done = `${storeId} of ${merchantId} is ${seen.shop ? "changed" : "registered"}.`
    return { ok: true, lines: [done], json: shopAsJson(shop) }
  },
}

export const SHOP_OVERTAKEN =
  "somebody else changed this shop in between, so nothing was done: look at it (shops list) and decide again"

function fieldsIn({ name, address, phone, longitude, latitude, averageSpendFen }: Request) {
  return { name, address, phone, longitude, latitude, averageSpendFen }
}

/** Throws a UsageError where something is missing that the whole needs. */
function changed(
  before: Shop | undefined,
  key: Pick<Shop, "merchantId" | "storeId">,
  request: Request,
): Shop {
  const given = fieldsIn(request)
  const name = given.name ?? before?.name
  if (name === undefined) throw new UsageError("a new shop needs --name TEXT")
  const shop: Shop = {
    ...key,
    name,
    address: after(before?.address, given.address),
    phone: after(before?.phone, given.phone),
    longitude: after(before?.longitude, given.longitude),
    latitude: after(before?.latitude, given.latitude),
    averageSpendFen: after(before?.averageSpendFen, given.averageSpendFen),
  }
  if ((shop.longitude === undefined) !== (shop.latitude === undefined)) {
    throw new UsageError("a place has both --longitude and --latitude")
  }
  return shop
}

function after<T>(before: T | undefined, given: T | null | undefined): T | undefined {
  return given === undefined ? before : (given ?? undefined)
}

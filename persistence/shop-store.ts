/** A merchant's shops (C1): a partition of their own in the settings table, since no payment reads them. */
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb"
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
import { SHOP_PREFIX, shopsPk } from "./keys.ts"
import { queryAll } from "./query-all.ts"
import type { FieldSeals, Place } from "./sealed-fields.ts"

export type Shop = {
  merchantId: string
  /** As the tills send it: `store_id`. */
  storeId: string
  name: string
  address?: string
  /** Personal, so it is sealed at rest. */
  phone?: string
  /** Degrees, WGS 84. */
  longitude?: number
  latitude?: number
  averageSpendFen?: number
}

/** `version` rises with each change; 0 where nothing ever stood there. A removed shop leaves its version behind. */
export type StoredShop = { version: number; shop?: Shop }

export type ShopStore = {
  /** Those that were not removed, by id. */
  list(merchantId: string): Promise<Shop[]>
  /** Strongly consistent. */
  read(merchantId: string, storeId: string): Promise<StoredShop>
  /** Writes the whole shop; false where it is not the version any more that was seen. */
  put(shop: Shop, seenVersion: number, nowMs: number): Promise<boolean>
  /** Nothing of it stays but that it was there; false as in `put`. */
  remove(merchantId: string, storeId: string, seenVersion: number, nowMs: number): Promise<boolean>
}

export function shopStore(client: DynamoDBClient, TableName: string, fields: FieldSeals): ShopStore {
  async function write(Item: Item, seenVersion: number): Promise<boolean> {
    try {
      await client.send(
        new PutItemCommand({
          TableName,
          Item,
          ...(seenVersion === 0
            ? { ConditionExpression: "attribute_not_exists(pk)" }
            : {
                ConditionExpression: "v = :seen",
                ExpressionAttributeValues: { ":seen": num(seenVersion) },
              }),
        }),
      )
      return true
    } catch (fault) {
      if (fault instanceof ConditionalCheckFailedException) return false
      throw fault
    }
  }

  return {
    async list(merchantId) {
      const items = await queryAll(client, TableName, { pk: shopsPk(merchantId), prefix: SHOP_PREFIX })
      return Promise.all(items.filter(isThere).map((it) => decode(it, TableName, fields)))
    },

    async read(merchantId, storeId) {
      const { Item: found } = await client.send(
        new GetItemCommand({ TableName, Key: keyOf(merchantId, storeId), ConsistentRead: true }),
      )
      if (!found) return { version: 0 }
      const version = readNum(found, "v")
      return isThere(found) ? { version, shop: await decode(found, TableName, fields) } : { version }
    },

    put: async (shop, seenVersion, nowMs) =>
      write(await encode(shop, { version: seenVersion + 1, nowMs }, TableName, fields), seenVersion),

    remove: (merchantId, storeId, seenVersion, nowMs) =>
      write(
        { ...keyOf(merchantId, storeId), v: num(seenVersion + 1), at: num(nowMs), rm: { BOOL: true } },
        seenVersion,
      ),
  }
}

const keyOf = (merchantId: string, storeId: string) => ({
  pk: str(shopsPk(merchantId)),
  sk: str(`${SHOP_PREFIX}${storeId}`),
})

const isThere = (from: Item) => from.rm === undefined

const sealedPlace = (
  table: string,
  { merchantId, storeId }: Pick<Shop, "merchantId" | "storeId">,
): Place => ({
  table,
  pk: shopsPk(merchantId),
  sk: `${SHOP_PREFIX}${storeId}`,
  attribute: "se",
})

async function encode(
  shop: Shop,
  { version, nowMs }: { version: number; nowMs: number },
  table: string,
  fields: FieldSeals,
): Promise<Item> {
  const { merchantId, storeId, name, address, phone, longitude, latitude, averageSpendFen } = shop
  return item({
    ...keyOf(merchantId, storeId),
    n: str(name),
    ad: optionalStr(address),
    se: phone === undefined ? undefined : { B: await fields.seal(sealedPlace(table, shop), phone) },
    lo: optionalNum(longitude),
    la: optionalNum(latitude),
    sp: optionalNum(averageSpendFen),
    v: num(version),
    at: num(nowMs),
  })
}

async function decode(from: Item, table: string, fields: FieldSeals): Promise<Shop> {
  const merchantId = readStr(from, "pk").slice(shopsPk("").length)
  const storeId = readStr(from, "sk").slice(SHOP_PREFIX.length)
  const sealed = from.se?.B
  return {
    merchantId,
    storeId,
    name: readStr(from, "n"),
    address: readOptionalStr(from, "ad"),
    phone: sealed && (await fields.unseal(sealedPlace(table, { merchantId, storeId }), sealed)),
    longitude: readOptionalNum(from, "lo"),
    latitude: readOptionalNum(from, "la"),
    averageSpendFen: readOptionalNum(from, "sp"),
  }
}

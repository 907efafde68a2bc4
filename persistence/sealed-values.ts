import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import type { SealedValues, Sealing } from "../usecases/reseal-values.ts"
import { readStr, str } from "./attributes.ts"
import {
  ACCOUNT_PREFIX,
  MERCHANTS_PK,
  merchantPk,
  PHONE_SHARDS,
  phonePk,
  SHOP_PREFIX,
  shopsPk,
} from "./keys.ts"
import { type Part, queryAll } from "./query-all.ts"
import { type FieldKeys, seal, unseal } from "./sealed-fields.ts"

/** Whatever is sealed in an item stands in this attribute. */
const SEALED = "se"
/** No merchant's id has such a sign in it. */
const PHONE_PARTS = Array.from({ length: PHONE_SHARDS }, (_, shard) => phonePk(shard))

/**
 * Everything that is sealed: in the settings table the merchants' accounts at channels and their shops' phones, in the main
 * table the customers' phones.
 */
export function sealedValues(
  client: DynamoDBClient,
  tables: { main: string; settings: string },
): SealedValues {
  const within = async (table: string, parts: readonly Part[]) => {
    const items = await Promise.all(parts.map((part) => queryAll(client, table, part)))
    return items.flat().flatMap((it) => {
      const sealed = it[SEALED]?.B
      const place = { table, pk: readStr(it, "pk"), sk: readStr(it, "sk"), attribute: SEALED }
      return sealed ? [{ place, sealed }] : []
    })
  }
  return {
    async parts() {
      const items = await queryAll(client, tables.settings, { pk: MERCHANTS_PK, from: " " })
      return [...items.map((it) => readStr(it, "sk")), ...PHONE_PARTS]
    },

    ofPart: (part) =>
      PHONE_PARTS.includes(part)
        ? within(tables.main, [{ pk: part, from: " " }])
        : within(tables.settings, [
            { pk: merchantPk(part), prefix: ACCOUNT_PREFIX },
            { pk: shopsPk(part), prefix: SHOP_PREFIX },
          ]),

    async replace({ place, sealed }, sealedAnew) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: place.table,
            Key: { pk: str(place.pk), sk: str(place.sk) },
            UpdateExpression: "SET #sealed = :anew",
            ConditionExpression: "#sealed = :old",
            ExpressionAttributeNames: { "#sealed": place.attribute },
            ExpressionAttributeValues: { ":anew": { B: sealedAnew }, ":old": { B: sealed } },
          }),
        )
        return true
      } catch (fault) {
        if (fault instanceof ConditionalCheckFailedException) return false
        throw fault
      }
    },
  }
}

/** What is sealed anew is opened once more before anybody writes it: nothing else keeps that secret. */
export function sealingUnder(keys: FieldKeys): Sealing {
  return {
    sealsUnder: keys.sealsUnder,
    versionOf: ({ place, sealed }) => unseal(keys, place, sealed).version,
    sealAnew({ place, sealed }) {
      const { plain } = unseal(keys, place, sealed)
      const anew = seal(keys, place, plain)
      const opened = unseal(keys, place, anew)
      if (opened.plain !== plain || opened.version !== keys.sealsUnder) {
        throw new Error("sealed anew it does not open to the same")
      }
      return anew
    },
  }
}

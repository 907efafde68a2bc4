import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import type { SealedValues, Sealing } from "../usecases/reseal-values.ts"
import { readStr, str } from "./attributes.ts"
import { ACCOUNT_PREFIX, MERCHANTS_PK, merchantPk, SHOP_PREFIX, shopsPk } from "./keys.ts"
import { queryAll } from "./query-all.ts"
import { type FieldKeys, seal, unseal } from "./sealed-fields.ts"

/** Whatever is sealed in an item stands in this attribute. */
const SEALED = "se"

/** Everything that is sealed in the settings table: the merchants' accounts at channels, their shops' phones. */
export function sealedValues(client: DynamoDBClient, table: string): SealedValues {
  return {
    async merchantIds() {
      const items = await queryAll(client, table, { pk: MERCHANTS_PK, from: " " })
      return items.map((it) => readStr(it, "sk"))
    },

    async ofMerchant(merchantId) {
      const items = await Promise.all([
        queryAll(client, table, { pk: merchantPk(merchantId), prefix: ACCOUNT_PREFIX }),
        queryAll(client, table, { pk: shopsPk(merchantId), prefix: SHOP_PREFIX }),
      ])
      return items.flat().flatMap((it) => {
        const sealed = it[SEALED]?.B
        const place = { table, pk: readStr(it, "pk"), sk: readStr(it, "sk"), attribute: SEALED }
        return sealed ? [{ place, sealed }] : []
      })
    },

    async replace({ place, sealed }, sealedAnew) {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName: table,
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

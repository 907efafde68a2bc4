import { isDeepStrictEqual } from "node:util"
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb"
import type { PlatformKeyStore, PlatformKeys } from "../usecases/platform-keys.ts"
import { type Item, num, str } from "./attributes.ts"
import { PLATFORM_SECRETS_KEY } from "./keys.ts"
import { decodeKeys, encodeKeys } from "./platform-key-codec.ts"

const KEY: Item = { pk: str(PLATFORM_SECRETS_KEY.pk), sk: str(PLATFORM_SECRETS_KEY.sk) }

/** The platform's own keys, wrapped, in one item of the settings table. Whoever reads it has no secret. */
export function platformKeyStore(client: DynamoDBClient, settingsTable: string): PlatformKeyStore {
  async function readItem(): Promise<Item | undefined> {
    const { Item: found } = await client.send(
      new GetItemCommand({ TableName: settingsTable, Key: KEY, ConsistentRead: true }),
    )
    return found
  }

  return {
    async read() {
      const found = await readItem()
      return found && decodeKeys(found)
    },

    async replace(previous, next, nowMs) {
      const values = { ...encodeKeys(next, nowMs), v: num((previous?.revision ?? 0) + 1) }
      try {
        await client.send(
          new UpdateItemCommand({ TableName: settingsTable, Key: KEY, ...writing(values, previous) }),
        )
        return true
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
        // An earlier try of this very write may have got through, its answer lost.
        const { pk: _, sk: __, ...stored } = (await readItem()) ?? {}
        return isDeepStrictEqual(stored, values)
      }
    },
  }
}

/** An update, which leaves alone what a later version of this code may have added. */
function writing(values: Item, previous: PlatformKeys | undefined) {
  const names = Object.keys(values)
  return {
    UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(", ")}`,
    ExpressionAttributeNames: {
      ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ...(previous === undefined ? { "#pk": "pk" } : {}),
    },
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value])),
      ...(previous && previous.revision > 0 ? { ":previous": num(previous.revision) } : {}),
    },
    ConditionExpression: conditionOn(previous),
  }
}

function conditionOn(previous: PlatformKeys | undefined): string {
  if (previous === undefined) return "attribute_not_exists(#pk)"
  // What has no revision yet had one key of each kind, and its code never wrote a second time.
  return previous.revision === 0 ? "attribute_exists(#kid) AND attribute_not_exists(#v)" : "#v = :previous"
}

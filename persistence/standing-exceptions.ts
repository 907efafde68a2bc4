import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb"
import type { ExceptionKind } from "../usecases/ports.ts"
import type { StandingException } from "../usecases/take-stock.ts"
import { type Item, readNum, readStr, str } from "./attributes.ts"
import { EXCEPTION_SHARDS, exceptionPk } from "./keys.ts"

/** A megabyte each, some five thousand entries, most of them resolved and kept for the trail. */
const MOST_PAGES = 10

/**
 * What stands on the exceptions desk, without saying whose orders. May be a moment old; of more than some fifty thousand
 * entries a shard it sees the first ones only.
 */
export async function standingExceptions(
  client: DynamoDBClient,
  tableName: string,
): Promise<StandingException[]> {
  const shards = Array.from({ length: EXCEPTION_SHARDS }, (_, shard) => inShard(client, tableName, shard))
  return (await Promise.all(shards)).flat()
}

async function inShard(client: DynamoDBClient, tableName: string, shard: number) {
  const found: StandingException[] = []
  let from: Item | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: "pk = :pk",
        FilterExpression: "attribute_not_exists(r)",
        ProjectionExpression: "sk, s, la",
        ExpressionAttributeValues: { ":pk": str(exceptionPk(shard)) },
        ExclusiveStartKey: from,
      }),
    )
    found.push(...Items.map(decode))
    from = LastEvaluatedKey
    if (!from) break
  }
  return found
}

/** The compiler sees to it that none is forgotten here. */
const KINDS: Readonly<Record<ExceptionKind, true>> = {
  "not final": true,
  surplus: true,
  "undo refused": true,
  "refund not final": true,
  "refund refused": true,
}

function isKind(text: string): text is ExceptionKind {
  return Object.hasOwn(KINDS, text)
}

function decode(item: Item): StandingException {
  const [, kind = ""] = readStr(item, "sk").split("#")
  if (!isKind(kind)) throw new Error("stored exception has an unknown key")
  return { kind, sinceMs: readNum(item, "s"), lastTriedAtMs: readNum(item, "la") }
}

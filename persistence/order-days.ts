import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb"
import type { OrderDays } from "../usecases/ports.ts"
import { type Item, readStr, str } from "./attributes.ts"
import { DAY_INDEX, DAY_SHARDS, dayIndexPk, MERCHANTS_PK, ORDER_PREFIX, REFUND_PREFIX } from "./keys.ts"

export function orderDays(client: DynamoDBClient, tables: { main: string; settings: string }): OrderDays {
  return {
    async merchantIds() {
      const found: string[] = []
      const pages = query(client, {
        TableName: tables.settings,
        ConsistentRead: true,
        pkName: "pk",
        pk: MERCHANTS_PK,
      })
      for await (const page of pages) found.push(...page.map((it) => readStr(it, "sk")))
      return found
    },

    tradeNos: (merchantId, day) => numbers(client, tables.main, { merchantId, day, prefix: ORDER_PREFIX }),
    refundIds: (merchantId, day) => numbers(client, tables.main, { merchantId, day, prefix: REFUND_PREFIX }),
  }
}

/** Orders and refunds of a merchant's day stand in the same partitions of the index. */
async function* numbers(
  client: DynamoDBClient,
  TableName: string,
  { merchantId, day, prefix }: { merchantId: string; day: string; prefix: string },
): AsyncGenerator<string[]> {
  for (let shard = 0; shard < DAY_SHARDS; shard++) {
    const pk = dayIndexPk(merchantId, day, shard)
    for await (const page of query(client, { TableName, IndexName: DAY_INDEX, pkName: "gpk", pk })) {
      const found = page.map((it) => readStr(it, "pk")).filter((it) => it.startsWith(prefix))
      yield found.map((it) => it.slice(prefix.length))
    }
  }
}

async function* query(
  client: DynamoDBClient,
  {
    pkName,
    pk,
    ...input
  }: { TableName: string; IndexName?: string; ConsistentRead?: boolean; pkName: string; pk: string },
): AsyncGenerator<Item[]> {
  let from: Item | undefined
  do {
    const page = await client.send(
      new QueryCommand({
        ...input,
        KeyConditionExpression: `${pkName} = :pk`,
        ExpressionAttributeValues: { ":pk": str(pk) },
        ExclusiveStartKey: from,
        Limit: 100,
      }),
    )
    yield page.Items ?? []
    from = page.LastEvaluatedKey
  } while (from)
}

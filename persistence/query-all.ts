import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb"
import { type Item, str } from "./attributes.ts"

/** A part of a partition by its sort keys: all that begin with `prefix`, or all from `from` on. */
export type Part = { pk: string } & ({ prefix: string } | { from: string })

/** Every item of it, page by page, strongly consistent, in the order of the sort keys. */
export async function queryAll(client: DynamoDBClient, tableName: string, part: Part): Promise<Item[]> {
  const [condition, edge] =
    "prefix" in part ? ["begins_with(sk, :edge)", part.prefix] : ["sk >= :edge", part.from]
  const found: Item[] = []
  let next: Item | undefined
  do {
    const page = await client.send(
      new QueryCommand({
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: `pk = :pk AND ${condition}`,
        ExpressionAttributeValues: { ":pk": str(part.pk), ":edge": str(edge) },
        ExclusiveStartKey: next,
      }),
    )
    found.push(...(page.Items ?? []))
    next = page.LastEvaluatedKey
  } while (next)
  return found
}

import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb"
import { readStr, str } from "./attributes.ts"
import { merchantPk, PROFILE_SK } from "./keys.ts"

/** A merchant that moves to another zone is noticed after so long. */
const BELIEVED_MS = 5 * 60_000

/** Merchants' time zones by their ids: one small read, needing none of their secrets, remembered for a while. */
export function merchantTimeZones(
  client: DynamoDBClient,
  settingsTable: string,
  monotonicMs: () => number,
): (merchantId: string) => Promise<string> {
  const known = new Map<string, { timeZone: string; untilMs: number }>()
  return async (merchantId) => {
    const before = known.get(merchantId)
    if (before && monotonicMs() < before.untilMs) return before.timeZone
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: settingsTable,
        Key: { pk: str(merchantPk(merchantId)), sk: str(PROFILE_SK) },
        ProjectionExpression: "z",
      }),
    )
    if (!Item) throw new Error(`merchant ${merchantId} has no settings`)
    const timeZone = readStr(Item, "z")
    known.set(merchantId, { timeZone, untilMs: monotonicMs() + BELIEVED_MS })
    return timeZone
  }
}

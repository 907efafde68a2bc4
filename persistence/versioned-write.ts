/** What writes of orders and refunds have in common: one conditional update from the version that was read. */
import { ConditionalCheckFailedException, type UpdateItemCommandInput } from "@aws-sdk/client-dynamodb"
import { type Item, num } from "./attributes.ts"

/**
 * The update that sets the present values of the changing attributes and removes those that are absent now, if the item is
 * still of that version; otherwise it gives what stands there.
 */
export function updateFromVersion(
  changing: readonly string[],
  present: Item,
  previousVersion: number,
): Omit<UpdateItemCommandInput, "TableName" | "Key"> {
  const set = Object.keys(present)
  const removed = changing.filter((name) => present[name] === undefined)
  return {
    UpdateExpression: [
      `SET ${set.map((name) => `#${name} = :${name}`).join(", ")}`,
      ...(removed.length > 0 ? [`REMOVE ${removed.map((name) => `#${name}`).join(", ")}`] : []),
    ].join(" "),
    ConditionExpression: "#v = :previousVersion",
    ExpressionAttributeNames: Object.fromEntries(changing.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(present).map(([name, value]) => [`:${name}`, value])),
      ":previousVersion": num(previousVersion),
    },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  }
}

/** The item that a failed condition gives back; every other error goes on. */
export function itemInRefusedWrite(error: unknown): Item {
  if (error instanceof ConditionalCheckFailedException && error.Item) return error.Item
  throw error
}

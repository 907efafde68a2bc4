import type { AttributeValue } from "@aws-sdk/client-dynamodb"

/** New values by attribute, one of a map as `map.name`; null takes it away, undefined leaves it. */
export type AttributeChange = Record<string, AttributeValue | null | undefined>

/** What an update says to DynamoDB; every name goes by an alias, since many are reserved words. */
export function updateExpression(change: AttributeChange) {
  const entries = Object.entries(change).filter(([, value]) => value !== undefined)
  const path = (at: number, name: string) =>
    name
      .split(".")
      .map((_, part) => `#n${at}p${part}`)
      .join(".")
  const names = entries.flatMap(([name], at) =>
    name.split(".").map((part, no): [string, string] => [`#n${at}p${no}`, part]),
  )
  const set = entries.flatMap(([name, value], at) => (value ? [`${path(at, name)} = :v${at}`] : []))
  const remove = entries.flatMap(([name, value], at) => (value ? [] : [path(at, name)]))
  const values = entries.flatMap(([, value], at): [string, AttributeValue][] =>
    value ? [[`:v${at}`, value]] : [],
  )
  return {
    UpdateExpression: [
      ...(set.length > 0 ? [`SET ${set.join(", ")}`] : []),
      ...(remove.length > 0 ? [`REMOVE ${remove.join(", ")}`] : []),
    ].join(" "),
    ExpressionAttributeNames: Object.fromEntries(names),
    ...(values.length > 0 ? { ExpressionAttributeValues: Object.fromEntries(values) } : {}),
  }
}

/** Reading and writing DynamoDB's typed values. Written by hand: the document client costs as much CPU as the call itself. */
import type { AttributeValue } from "@aws-sdk/client-dynamodb"

export type Item = Record<string, AttributeValue>

export const str = (value: string): AttributeValue => ({ S: value })
export const num = (value: number): AttributeValue => ({ N: String(value) })

/** Leaves out what is undefined: an absent attribute costs nothing. */
export function item(values: Record<string, AttributeValue | undefined>): Item {
  const out: Item = {}
  for (const [name, value] of Object.entries(values)) if (value !== undefined) out[name] = value
  return out
}

export const optionalStr = (value: string | undefined): AttributeValue | undefined =>
  value === undefined ? undefined : { S: value }
export const optionalNum = (value: number | undefined): AttributeValue | undefined =>
  value === undefined ? undefined : { N: String(value) }

export function readStr(from: Item, name: string): string {
  const value = from[name]?.S
  if (value === undefined) throw new Error(`stored item has no text ${name}`)
  return value
}

export function readNum(from: Item, name: string): number {
  const value = Number(from[name]?.N ?? Number.NaN)
  if (Number.isNaN(value)) throw new Error(`stored item has no number ${name}`)
  return value
}

export const readOptionalStr = (from: Item, name: string): string | undefined => from[name]?.S
export const readOptionalNum = (from: Item, name: string): number | undefined =>
  from[name]?.N === undefined ? undefined : Number(from[name].N)

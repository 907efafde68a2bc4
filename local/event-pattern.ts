/** What a rule asks of an event: for each field the values that do, or the same of the fields below it. */
export type EventPattern = { readonly [field: string]: EventPattern | readonly Wanted[] }

type Wanted = string | number | boolean | null | { prefix: string }

/**
 * A rule's pattern as the template says it: exact values and prefixes of
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html. Throws for any other way of matching.
 */
export function readEventPattern(given: unknown): EventPattern {
  if (typeof given !== "object" || given === null) throw unknown(given)
  const fields = Object.entries(given).map(([field, below]) => {
    if (field.startsWith("$")) throw unknown(field)
    return [field, Array.isArray(below) ? below.map(readWanted) : readEventPattern(below)] as const
  })
  return Object.fromEntries(fields)
}

function readWanted(value: unknown): Wanted {
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return value as Wanted
  const { prefix, ...others } = value as { prefix?: unknown }
  if (typeof prefix === "string" && Object.keys(others).length === 0) return { prefix }
  throw unknown(value)
}

function unknown(part: unknown): Error {
  return new Error(`The event pattern ${JSON.stringify(part)} is not known to the local platform`)
}

export function matches(pattern: EventPattern, event: unknown): boolean {
  return Object.entries(pattern).every(([field, below]) => {
    const value = (event as Record<string, unknown> | null | undefined)?.[field]
    if (!isValues(below)) return typeof value === "object" && matches(below, value)
    // Of a list in the event one element is enough.
    return [value].flat().some((each) => below.some((wanted) => meets(each, wanted)))
  })
}

function isValues(below: EventPattern | readonly Wanted[]): below is readonly Wanted[] {
  return Array.isArray(below)
}

function meets(value: unknown, wanted: Wanted): boolean {
  if (typeof wanted !== "object" || wanted === null) return value === wanted
  return typeof value === "string" && value.startsWith(wanted.prefix)
}

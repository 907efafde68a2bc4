/** The answer of ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
import type { ObjectFacts } from "./object-files.ts"

const MOST_KEYS = 1_000

export type ListRequest = {
  bucket: string
  prefix: string
  delimiter: string
  startAfter: string
  /** What the page before gave: the last key or common prefix on it. */
  token: string
  maxKeys: number
}

export function listRequestOf(bucket: string, query: URLSearchParams): ListRequest {
  const given = (name: string) => query.get(name) ?? ""
  return {
    bucket,
    prefix: given("prefix"),
    delimiter: given("delimiter"),
    startAfter: given("start-after"),
    token: Buffer.from(given("continuation-token"), "base64url").toString("utf8"),
    maxKeys: Math.min(MOST_KEYS, Number(query.get("max-keys") ?? MOST_KEYS)),
  }
}

/** @param found all whose key begins with the prefix, in their order */
export function listing(request: ListRequest, found: readonly ObjectFacts[]): string {
  const entries = entriesOf(request, found)
  const shown = entries.slice(0, request.maxKeys)
  const more = entries.length > shown.length
  const next = more ? Buffer.from(shown.at(-1)?.name ?? "").toString("base64url") : undefined
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${escapeXml(request.bucket)}</Name><Prefix>${escapeXml(request.prefix)}</Prefix>`,
    `<KeyCount>${shown.length}</KeyCount><MaxKeys>${request.maxKeys}</MaxKeys><IsTruncated>${more}</IsTruncated>`,
    ...(next === undefined ? [] : [`<NextContinuationToken>${next}</NextContinuationToken>`]),
    ...shown.map((entry) =>
      entry.facts
        ? contents(entry.facts)
        : `<CommonPrefixes><Prefix>${escapeXml(entry.name)}</Prefix></CommonPrefixes>`,
    ),
    "</ListBucketResult>",
  ].join("")
}

type Entry = { name: string; facts?: ObjectFacts }

/** Keys, and in place of those with a delimiter after the prefix what they have in common; both count as one each. */
function entriesOf({ prefix, delimiter, startAfter, token }: ListRequest, found: readonly ObjectFacts[]) {
  const entries = new Map<string, Entry>()
  for (const facts of found) {
    if (token === "" && facts.key <= startAfter) continue
    const end = delimiter === "" ? -1 : facts.key.indexOf(delimiter, prefix.length)
    const name = end < 0 ? facts.key : facts.key.slice(0, end + delimiter.length)
    if (token !== "" && name <= token) continue
    if (!entries.has(name)) entries.set(name, end < 0 ? { name, facts } : { name })
  }
  return [...entries.values()]
}

function contents({ key, bytes, changedMs }: ObjectFacts): string {
  const changed = new Date(changedMs).toISOString()
  return `<Contents><Key>${escapeXml(key)}</Key><LastModified>${changed}</LastModified><Size>${bytes}</Size><StorageClass>STANDARD</StorageClass></Contents>`
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"'\r\n\t]/g, (it) => `&#${it.charCodeAt(0)};`)
}

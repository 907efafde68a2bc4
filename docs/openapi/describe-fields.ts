import type { createDocument } from "zod-openapi"
import { FIELDS } from "./fields.ts"

type OpenApiDocument = ReturnType<typeof createDocument>
type Json = Record<string, unknown>

/**
 * Adds to each field what it means, and takes out what zod says of numbers and objects but the interface does not promise:
 * the limits of safe integers, and that answers have no further fields.
 */
export function withFieldNotes(document: OpenApiDocument): OpenApiDocument {
  visit(document.paths, false)
  // What stands among the components is the shape of answers.
  visit(document.components?.schemas, true)
  return document
}

function visit(node: unknown, inAnswer: boolean): void {
  if (Array.isArray(node)) for (const it of node) visit(it, inAnswer)
  if (!isJson(node)) return
  if (isJson(node.properties)) describeAll(node.properties)
  if (inAnswer && node.additionalProperties === false) delete node.additionalProperties
  if (isParameter(node) && isJson(node.schema)) describe(node.name, node)
  for (const [name, child] of Object.entries(node)) {
    if (name !== "examples") visit(child, inAnswer || name === "responses")
  }
}

function isParameter(node: Json): node is Json & { name: string } {
  return typeof node.name === "string" && ["path", "query", "header"].includes(String(node.in))
}

function describeAll(properties: Json): void {
  for (const [name, schema] of Object.entries(properties)) {
    if (!isJson(schema)) continue
    for (const limit of ["minimum", "maximum"])
      if (Math.abs(Number(schema[limit])) === Number.MAX_SAFE_INTEGER) delete schema[limit]
    describe(name, schema)
  }
}

function describe(name: string, target: Json): void {
  const note = FIELDS[name]
  if (!note) return
  target.description = note.meaning
  const isParameter = "in" in target
  if (note.example !== undefined && isAllowed(note.example, target)) {
    if (isParameter) target.example = note.example
    else target.examples = [note.example]
  }
  if (!isParameter) Object.assign(target, note.limits)
}

/** One name may stand for different lists of words. */
function isAllowed(example: unknown, { enum: words }: Json): boolean {
  return !Array.isArray(words) || words.includes(example)
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

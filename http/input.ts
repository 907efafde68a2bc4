import type * as z from "zod"
import type { Language, Refusal } from "../api/errors.ts"
import { ruleOf } from "../api/fields.ts"

export type Parsed<T> = { ok: true; value: T } | { ok: false; refusal: Refusal }

/** Reads a JSON body against its schema; the refusal names the field and what was expected of it. */
export function parseJsonBody<T extends z.ZodObject>(
  schema: T,
  body: Buffer,
  language: Language,
): Parsed<z.infer<T>> {
  const json = jsonIn(body)
  if (json === undefined)
    return invalid(
      language === "zh" ? "请求体应为 UTF-8 编码的 JSON 对象" : "the body must be a JSON object in UTF-8",
    )
  return parseInput(schema, json, language)
}

export function parseInput<T extends z.ZodObject>(
  schema: T,
  input: unknown,
  language: Language,
): Parsed<z.infer<T>> {
  const parsed = schema.safeParse(input)
  return parsed.success ? { ok: true, value: parsed.data } : invalid(describe(schema, parsed.error, language))
}

function invalid(detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { code: "INVALID_PARAMETER", detail } }
}

function describe(schema: z.ZodObject, error: z.ZodError, language: Language): string {
  const [issue] = error.issues
  if (issue?.code === "unrecognized_keys") {
    const names = issue.keys.map(printable).join(", ")
    return language === "zh" ? `未知字段 ${names}` : `unknown field ${names}`
  }
  const name = String(issue?.path[0] ?? "")
  const field = name === "" ? undefined : schema.shape[name]
  const rule = field && ruleIn(field)
  if (!rule) return language === "zh" ? "请求体应为 JSON 对象" : "the body must be a JSON object"
  return `${name} ${rule[language]}`
}

/** The rule stands at the field's own schema, below the wrapping of an optional one. */
function ruleIn(schema: z.core.$ZodType) {
  const inner = (schema as z.ZodOptional).unwrap?.() ?? schema
  return ruleOf(inner as z.ZodType)
}

/** Names come from the caller: short, and without what could forge a log line. */
function printable(name: string): string {
  return name.replace(/[^\x21-\x7e]/g, "?").slice(0, 40)
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

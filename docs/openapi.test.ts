import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { createConfig, lintFromString } from "@redocly/openapi-core"
import * as z from "zod"
import { ERRORS } from "../api/errors.ts"
import { PAY_ERRORS } from "../api/pay-errors.ts"
import { FUNCTION_TABLE, type FunctionRow } from "../infra/function-table.ts"
import { Refused, refusedExample, successEnvelope, successExample } from "./openapi/answers.ts"
import { APP_CALLS } from "./openapi/app-calls.ts"
import { MERCHANT_CALLS } from "./openapi/merchant-calls.ts"
import { errorsOf, openApiDocument } from "./openapi.ts"

const CALLS = [...MERCHANT_CALLS, ...APP_CALLS]
const document = openApiDocument()
const errorsPage = readFileSync(join(import.meta.dirname, "merchants/errors.md"), "utf8")

async function problemsOf(source: unknown): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"] })
  const problems = await lintFromString({ source: JSON.stringify(source), config })
  return problems.map(({ severity, ruleId, message }) => `${severity} ${ruleId}: ${message}`)
}

test("the linter has nothing to say of the OpenAPI document, by all its recommended rules", async () => {
  assert.deepEqual(await problemsOf(document), [])
})

test("the linter would see an example that does not fit its schema", async () => {
  const [planted] = await problemsOf(
    JSON.parse(JSON.stringify(document).replace('"total_fee":1200', '"total_fee":"x"')),
  )
  assert.match(String(planted), /no-invalid-media-type-examples/)
})

/** JSON, so that the order and sharing of objects do not matter. */
const text = JSON.stringify(document)

test("every error stands in the OpenAPI document and on the page of errors", () => {
  for (const [code, { status }] of Object.entries(ERRORS)) {
    assert.ok(text.includes(`"${code}"`), code)
    assert.ok(errorsPage.includes(`| ${status} | \`${code}\` |`), code)
  }
  for (const code of Object.keys(PAY_ERRORS)) assert.ok(errorsPage.includes(`| \`${code}\` |`), code)
})

test("every route that merchants and apps call stands in the OpenAPI document, and no other", () => {
  const rows: FunctionRow[] = Object.values(FUNCTION_TABLE)
  const routes = rows.flatMap(({ trigger }) => ("routes" in trigger ? trigger.routes : []))
  const documented = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.keys(item ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const isCalled = (route: string) => !route.includes("/v1/notify/")
  assert.deepEqual(new Set(documented), new Set(routes.filter(isCalled)))
})

for (const call of CALLS) {
  test(`${call.id}: its examples pass the schemas that check the calls, and every answer is exemplified`, () => {
    for (const [name, { value }] of Object.entries(call.requests ?? {})) {
      assert.deepEqual(call.body?.strict().parse(value), value, name)
    }
    const answer = z.strictObject({ ...successEnvelope(call.output.strict()).shape })
    for (const [name, { value }] of Object.entries(call.answers)) {
      const example = successExample(value)
      assert.deepEqual(answer.parse(example), example, name)
    }
    assert.equal(call.body === undefined, call.requests === undefined)
    assert.ok(Object.keys(call.answers).length > 0)
    for (const code of errorsOf(call)) assert.ok(Refused.strict().parse(refusedExample(code)))
  })
}

type Schema = { type?: string; description?: string; maxLength?: number; properties?: Record<string, Schema> }

/** All schemas of fields, wherever they stand. */
function fieldsIn(node: unknown): [string, Schema][] {
  if (typeof node !== "object" || node === null) return []
  const properties = "properties" in node ? (node.properties as Record<string, Schema>) : {}
  return [...Object.entries(properties), ...Object.values(node).flatMap(fieldsIn)]
}

test("every field says what it means", () => {
  const fields = [document.paths, document.components?.schemas].flatMap(fieldsIn)
  assert.ok(fields.length > 100)
  const silent = fields.filter(([, { description }]) => !description).map(([name]) => name)
  assert.deepEqual([...new Set(silent)], [])
})

test("answers may have further fields, calls may not", () => {
  const strict = /"additionalProperties":false/
  assert.doesNotMatch(JSON.stringify(document.components), strict)
  for (const { path, method, body } of CALLS) {
    const operation = document.paths?.[path]?.[method]
    assert.doesNotMatch(JSON.stringify(operation?.responses), strict)
    if (body) assert.match(JSON.stringify(operation?.requestBody), strict)
  }
})

test("the lengths that the document allows are those that the schemas allow", () => {
  for (const { path, method, body } of MERCHANT_CALLS) {
    const said = fieldsIn(document.paths?.[path]?.[method]?.requestBody)
    for (const [name, { maxLength }] of said) {
      const schema = body?.shape[name] as z.ZodType | undefined
      if (maxLength === undefined || !schema) continue
      const ofLength = (length: number) => (name === "notify_url" ? "https://e.cn/" : "").padEnd(length, "字")
      const longest = name === "extra_data" ? "x".repeat(maxLength) : ofLength(maxLength)
      assert.ok(schema.safeParse(longest).success, name)
      assert.ok(!schema.safeParse(`${longest}x`).success, name)
    }
  }
})

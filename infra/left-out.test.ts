import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { bundleFunctions } from "./bundle.ts"
import type { FunctionName } from "./function-table.ts"
import { LEFT_OUT, TOLD_APART } from "./left-out.ts"

const root = join(import.meta.dirname, "..")
const output = mkdtempSync(join(tmpdir(), "metro-pay-left-out-"))

before(() => bundleFunctions(root, output))
after(() => rmSync(output, { recursive: true, force: true }))

/** What a till or a customer waits for. */
const HOT: readonly FunctionName[] = ["applypay", "orderquery", "reverse", "queryuid", "code", "payments"]
const HOT_BYTES = 450_000

const bundleOf = (name: string) => join(output, "functions", name, "index.mjs")

test("a hot function is at most 450 KB", () => {
  for (const name of HOT) {
    const { size } = statSync(bundleOf(name))
    assert.ok(size <= HOT_BYTES, `${name} has ${size} bytes`)
  }
})

test("what is left out is there to be left out, and stands in no function", () => {
  for (const { file, keep = [], idle = [] } of LEFT_OUT) {
    const source = readFileSync(join(root, "node_modules", file), "utf8")
    for (const name of [...keep, ...idle])
      assert.match(source, new RegExp(`\\b${name}\\b`), `${file} ${name}`)
  }
  const whole = readFileSync(bundleOf("applypay"), "utf8")
  // A message of each of the parts.
  for (const text of [
    "Unprocessed schema",
    "not supported in cavage",
    "Unrecognized header type tag",
    "EndpointCache",
  ])
    assert.ok(!whole.includes(text), text)
})

test("every error of AWS that somebody tells apart by its class keeps its class", () => {
  const sources = ["persistence", "functions", "usecases"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => readFileSync(join(root, folder, name), "utf8")),
  )
  const told = sources.flatMap((source) => {
    const imported = [...source.matchAll(/import \{([^}]*)\} from "@aws-sdk\/client-/g)]
      .map(([, it]) => it)
      .join()
    return [...source.matchAll(/instanceof (\w+)/g)].flatMap(([, name = ""]) =>
      new RegExp(`\\b${name}\\b`).test(imported) ? [name] : [],
    )
  })
  // A client's general class is never left out.
  const special = told.filter((name) => !name.endsWith("ServiceException"))
  assert.deepEqual([...new Set(special)].sort(), [...TOLD_APART].sort())
  const applypay = readFileSync(bundleOf("applypay"), "utf8")
  assert.ok(applypay.includes("com.amazonaws.dynamodb#ConditionalCheckFailedException"))
  assert.ok(!applypay.includes("com.amazonaws.dynamodb#GlobalTableNotFoundException"))
})

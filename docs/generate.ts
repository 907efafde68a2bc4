/**
 * Generated documents: the states of orders and refunds from the tables of their transitions, the OpenAPI document from the
 * wire schemas, the list of errors from their tables.
 * `node docs/generate.ts` writes them, `--check` fails where one is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { errorsPage } from "./errors-page.ts"
import { openApiDocument } from "./openapi.ts"
import { orderStatesPage, refundStatesPage } from "./state-diagram.ts"

const documents: Readonly<Record<string, () => string>> = {
  "order-states.md": orderStatesPage,
  "refund-states.md": refundStatesPage,
  "merchants/errors.md": errorsPage,
  "openapi.json": () => `${JSON.stringify(openApiDocument(), undefined, 2)}\n`,
}

const check = process.argv.includes("--check")
const stale: string[] = []
for (const [name, make] of Object.entries(documents)) {
  const file = join(import.meta.dirname, name)
  const text = make()
  if (!check) writeFileSync(file, text)
  else if (readText(file) !== text) stale.push(`docs/${name}`)
}
if (stale.length > 0) {
  process.stderr.write(`out of date: ${stale.join(", ")}; run "npm run docs"\n`)
  process.exit(1)
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

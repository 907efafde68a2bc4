import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { pathToFileURL } from "node:url"
import { bundleFunctions } from "./bundle.ts"
import { FUNCTION_NAMES } from "./function-table.ts"

const root = mkdtempSync(join(tmpdir(), "metro-pay-bundle-"))
const output = join(root, ".build")
after(() => rmSync(root, { recursive: true, force: true }))

/** A tree of handlers, each saying its name; `keys` says it by way of a CommonJS module that requires one of node's own. */
function writeHandlers(): void {
  writeFileSync(
    join(root, "joined.cjs"),
    'module.exports = (name) => require("path").posix.join("from", name)\n',
  )
  for (const name of FUNCTION_NAMES) {
    mkdirSync(join(root, "functions", name), { recursive: true })
    const plain = `export const handler = async (): Promise<string> => "from/${name}"\n`
    const required = `import joined from "../../joined.cjs"\nexport const handler = async () => joined("${name}")\n`
    writeFileSync(join(root, "functions", name, "handler.ts"), name === "keys" ? required : plain)
  }
}

test("each function becomes one file that runs by itself, CommonJS inside or not", async () => {
  writeHandlers()
  await bundleFunctions(root, output)
  assert.deepEqual(readdirSync(join(output, "functions")).sort(), [...FUNCTION_NAMES].sort())
  for (const name of FUNCTION_NAMES) {
    const folder = join(output, "functions", name)
    assert.deepEqual(readdirSync(folder), ["index.mjs"])
    const { handler } = await import(pathToFileURL(join(folder, "index.mjs")).href)
    assert.equal(await handler(), `from/${name}`)
  }
})

test("the tracer lies beside each function of a stage that traces, and beside none of another", async () => {
  writeHandlers()
  writeFileSync(join(root, "functions", "xray.ts"), 'export const openTracer = (): string => "open"\n')
  const handler = 'export const handler = async () => (await import("../xray.ts")).openTracer()\n'
  writeFileSync(join(root, "functions", "undo", "handler.ts"), handler)
  await bundleFunctions(root, output, { tracing: true })
  for (const name of FUNCTION_NAMES)
    assert.deepEqual(readdirSync(join(output, "functions", name)).sort(), ["index.mjs", "xray.mjs"])
  const { href } = pathToFileURL(join(output, "functions", "undo", "index.mjs"))
  assert.equal(await (await import(`${href}?traced`)).handler(), "open")
  rmSync(output, { recursive: true })
  await bundleFunctions(root, output)
  assert.deepEqual(readdirSync(join(output, "functions", "undo")), ["index.mjs"])
})

test("source maps are kept, but not deployed", async () => {
  writeHandlers()
  await bundleFunctions(root, output)
  assert.deepEqual(
    readdirSync(join(output, "source-maps")).sort(),
    FUNCTION_NAMES.map((name) => `${name}.mjs.map`).sort(),
  )
})

test("a handler that is missing fails the build and is named", async () => {
  writeHandlers()
  rmSync(join(root, "functions", "poll"), { recursive: true })
  await assert.rejects(bundleFunctions(root, output), /functions\/poll\/handler\.ts/)
})

/** `npm run test:pages`: the pages in a real browser. What is missing for that is one line, and status 1. */
import { spawn } from "node:child_process"
import { existsSync, globSync } from "node:fs"
import { delimiter, join } from "node:path"
import { CHROMIUM } from "./browser.ts"

const DECODER = "zbarimg"

const onPath = (program: string) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)))

const missing = [
  ...(existsSync(CHROMIUM) ? [] : [`Chromium (${CHROMIUM}, or another by the variable CHROMIUM)`]),
  ...(onPath(DECODER) ? [] : [`${DECODER} (reads barcodes)`]),
]
if (missing.length > 0) {
  console.error(`test:pages: ${missing.join(" and ")} missing: on Debian run scripts/install-chromium.sh`)
  process.exit(1)
}

const files = globSync(join(import.meta.dirname, "*.test.ts"))
const given = ["--test", "--test-concurrency=1", "--test-timeout=300000", ...process.argv.slice(2), ...files]
spawn(process.execPath, given, { stdio: "inherit" }).on("exit", (code) => {
  process.exitCode = code ?? 1
})

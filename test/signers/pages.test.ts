import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { promisify } from "node:util"
import { type Running, runPlatform } from "../journeys/running-platform.ts"
import { SIGNERS, VERIFIERS } from "./programs.ts"

const REPOSITORY = join(import.meta.dirname, "../..")
const PAGES = join(REPOSITORY, "docs/merchants")
const run = promisify(execFile)

const skip = [...SIGNERS, ...VERIFIERS].find(({ language }) => language === "bash")?.skip ?? false
const withoutPython = VERIFIERS.find(({ language }) => language === "Python")?.skip ?? false

let running: Running
before(async () => {
  running = await runPlatform()
})
after(() => running?.stop())

/** The commands of a page, with this platform in the place of the one that listens on 8787. */
function commandsOf(page: string): string {
  const text = readFileSync(join(PAGES, page), "utf8")
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)]
    .map(([, commands = ""]) => commands)
    .join("\n")
    .replaceAll("http://127.0.0.1:8787", running.url)
    .replaceAll(".local/demo", join(running.dataDir, "demo"))
    .replaceAll("docs/merchants/", `${PAGES}/`)
}

/** Runs them one after the other in a folder of their own; gives what they printed. */
async function typed(commands: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "typed-"))
  try {
    return (await run("bash", ["-euo", "pipefail", "-c", commands], { cwd: folder })).stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test("the first ten minutes go as the page says: paid, asked, reversed, closed", { skip }, async () => {
  const commands = commandsOf("README.md").replace("PAY_OUT_TRADE_NO", "1".repeat(26))
  const said = await typed(commands)
  const told = [...said.matchAll(/"(?:pay_status|recall|charged)":("\w+"|\d+)/g)].map(([, value]) => value)
  assert.deepEqual(told, ['"PS_SUCCESS"', '"PS_SUCCESS"', '"N"', '"PS_CLOSED"', "0"])
})

test("the page names every signer", () => {
  const text = readFileSync(join(PAGES, "README.md"), "utf8")
  for (const { file } of SIGNERS) assert.ok(text.includes(`docs/merchants/${file}`), file)
})

test("the sandbox's commands give what their page says", { skip }, async () => {
  const said = await typed(commandsOf("sandbox.md"))
  assert.match(said, /"uid":"U10001"\}.*"pay_status":"PS_SUCCESS".*"charged":600,"returned":0.*"now":"2/s)
})

test("an answer kept as the page says is believed", { skip: skip || withoutPython }, async () => {
  assert.equal(await typed(commandsOf("signing.md")), "believed\n")
})

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"

type Locked = { optionalDependencies?: Record<string, string> }

/**
 * npm leaves out of the lock file what the machine that wrote it could not fetch, and then `npm ci` fails on every other
 * machine and on this one.
 */
test("the lock file has the packages of every platform, and no addresses of one registry", () => {
  const text = readFileSync(join(import.meta.dirname, "../package-lock.json"), "utf8")
  const packages: Record<string, Locked> = JSON.parse(text).packages
  for (const [from, { optionalDependencies }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies ?? {})) {
      assert.ok(isFound(packages, from, name), `${from || "the project"} may need ${name}`)
    }
  }
  assert.doesNotMatch(text, /"resolved"/)
})

/** As Node looks for it: beside the package, then beside each folder above it. */
function isFound(packages: Record<string, Locked>, from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1))) {
    if (packages[`${folder === "" ? "" : `${folder}/`}node_modules/${name}`]) return true
    if (folder === "") return false
  }
}

/**
 * infra/app.ts of the next version of the code: the same but for the functions that ask about and undo open orders. Bundles
 * go to the folder that the argument names.
 */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { bundleFunctions } from "../../infra/bundle.ts"
import { definePlatform } from "../../infra/platform.ts"
import { readSettings } from "../../infra/settings.ts"

const CHANGED = ["poll", "undo"]

const [bundles = ""] = process.argv.slice(2)
const settings = readSettings(process.env)
await bundleFunctions(join(import.meta.dirname, "..", ".."), bundles, settings)
for (const name of CHANGED) appendFileSync(join(bundles, "functions", name, "index.mjs"), "// next version\n")
definePlatform(settings, bundles).app.synth()

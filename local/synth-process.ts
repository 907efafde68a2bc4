/**
 * Synthesizes like infra/app.ts, in a process of its own, since it keeps a core busy for seconds. Bundles and templates go to
 * the folders that the arguments name: two platforms that start at once do not write into each other's.
 */
import { join } from "node:path"
import { bundleFunctions } from "../infra/bundle.ts"
import { definePlatform } from "../infra/platform.ts"
import { readSettings, SettingsError } from "../infra/settings.ts"

const [bundles = "", outDir = ""] = process.argv.slice(2)
try {
  const settings = readSettings(process.env)
  await bundleFunctions(join(import.meta.dirname, ".."), bundles, settings)
  definePlatform(settings, bundles, outDir).app.synth()
} catch (fault) {
  if (!(fault instanceof SettingsError)) throw fault
  console.error(fault.message)
  process.exitCode = 1
}

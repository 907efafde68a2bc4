/** Templates for tests: made by the real stacks, around functions that are only a placeholder each. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Template } from "aws-cdk-lib/assertions"
import { FUNCTION_NAMES } from "./function-table.ts"
import type { Platform } from "./platform.ts"
import { definePlatform } from "./platform.ts"
import type { Settings } from "./settings.ts"
import { readSettings } from "./settings.ts"

export type Templates = { data: Template; api: Template; workers: Template; watch: Template }

/** `overrides` are those of METRO_PAY_SETTINGS. */
export function settingsOf(overrides: Record<string, unknown>): Settings {
  return readSettings({ METRO_PAY_SETTINGS: JSON.stringify(overrides) })
}

/** Without the checks of the templates: they have their own test and take most of the time. */
export function templatesOf(overrides: Record<string, unknown>): Templates {
  const { data, api, workers, watch } = platformUnderTest({ ...settingsOf(overrides), templateChecks: false })
  return {
    data: Template.fromStack(data),
    api: Template.fromStack(api),
    workers: Template.fromStack(workers),
    watch: Template.fromStack(watch),
  }
}

/** Placeholders for all functions; the stacks made around them go to folders beside. */
const bundles = mkdtempSync(join(tmpdir(), "metro-pay-templates-"))
process.once("exit", () => rmSync(bundles, { recursive: true, force: true }))
for (const name of FUNCTION_NAMES) {
  const bundle = join(bundles, "functions", name)
  mkdirSync(bundle, { recursive: true })
  writeFileSync(join(bundle, "index.mjs"), `export const handler = () => ${JSON.stringify(name)}\n`)
}

export function platformUnderTest(settings: Settings): Platform {
  return definePlatform(settings, bundles, mkdtempSync(join(bundles, "cdk.out-")))
}

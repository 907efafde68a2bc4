/**
 * The CDK app. To deploy a stage:
 *
 *   1. Put its addresses into infra/stages.ts.
 *   2. Once an account and region: npx cdk bootstrap
 *   3. npx cdk deploy --all -c stage=test
 *
 * Account and region are those of the AWS credentials in use. The outputs say where the API answers and which tables and
 * keys are its own; tables and keys of production outlive their stack. All of it: docs/operations/deploying.md.
 */
import { join } from "node:path"
import { bundleFunctions } from "./bundle.ts"
import { definePlatform } from "./platform.ts"
import type { Settings } from "./settings.ts"
import { readSettings, SettingsError } from "./settings.ts"

const root = join(import.meta.dirname, "..")
const bundles = join(root, ".build")

async function synthesize(settings: Settings): Promise<void> {
  await bundleFunctions(root, bundles, settings)
  const { app } = definePlatform(settings, bundles)
  if (settings.templateChecks) {
    const { addSecurityChecks } = await import("./security-checks.ts")
    addSecurityChecks(app)
  }
  app.synth()
}

try {
  await synthesize(readSettings(process.env))
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

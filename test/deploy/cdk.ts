import { join } from "node:path"
import type { ChildProcesses, Ended } from "./child-processes.ts"

const root = join(import.meta.dirname, "..", "..")
const CDK = join(root, "node_modules", "aws-cdk", "bin", "cdk")

/** What METRO_PAY_SETTINGS says: what stage test has otherwise here than infra/stages.ts says. */
export type SettingsOverrides = Readonly<Record<string, unknown>> & { keepData: boolean }

/** The CDK's command line, as an operator of stage test uses it. */
export type Cdk = {
  /** What it said. Throws with the end of that where it fails. */
  run(args: readonly string[], settings?: SettingsOverrides): Promise<string>
  /** For what must be refused. */
  attempt(args: readonly string[], settings?: SettingsOverrides): Promise<Ended>
}

/** `env` is that of the account it speaks to; templates go to `folder`. */
export function cdkOn(children: ChildProcesses, env: NodeJS.ProcessEnv, folder: string): Cdk {
  const attempt: Cdk["attempt"] = (args, settings) =>
    children.run(process.execPath, [CDK, ...args, "-c", "stage=test", "--output", join(folder, "cdk.out")], {
      cwd: root,
      env: { ...env, ...(settings ? { METRO_PAY_SETTINGS: JSON.stringify(settings) } : {}) },
    })
  return {
    attempt,
    async run(args, settings) {
      const { code, said } = await attempt(args, settings)
      if (code !== 0)
        throw new Error(`cdk ${args[0]} failed:\n${said.trim().split("\n").slice(-15).join("\n")}`)
      return said
    },
  }
}

/** A change of rights is asked about at a terminal; here nobody sits at one. */
export const DEPLOY_ALL = ["deploy", "--all", "--require-approval", "never"] as const
export const DESTROY_ALL = ["destroy", "--all", "--force"] as const
export const DESTROY_ALL_BUT_DATA = [
  "destroy",
  ...["Watch", "Workers", "Api"].map((part) => `MetroPay-test-${part}`),
  "--force",
] as const

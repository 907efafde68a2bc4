import { execFile } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { StartFault } from "./start-fault.ts"

/** What this machine sets otherwise than infra/stages.ts. */
export type LocalSettings = {
  publicUrl: string
  token: { issuer: string; audience: string; jwksUrl: string }
  channelUrls: { wechat: string }
  speed: number
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/**
 * Synthesizes the stacks of stage `local` to `outDir`, in a process of its own, since it keeps a core busy for seconds. The
 * checks are left out: they guard deployments. Throws a StartFault with the first line that tells why.
 */
export async function synthesize(
  root: string,
  outDir: string,
  logDir: string,
  settings: LocalSettings,
): Promise<void> {
  rmSync(outDir, { recursive: true, force: true })
  const env = {
    ...process.env,
    METRO_PAY_SETTINGS: JSON.stringify({ stage: "local", templateChecks: false, ...settings }),
    CDK_OUTDIR: outDir,
  }
  try {
    await promisify(execFile)(process.execPath, [join(root, "infra", "app.ts")], {
      cwd: root,
      env,
      maxBuffer: MAX_OUTPUT_BYTES,
    })
  } catch (fault) {
    const {
      stdout = "",
      stderr = "",
      message,
    } = fault as { stdout?: string; stderr?: string; message: string }
    mkdirSync(logDir, { recursive: true })
    const log = join(logDir, "synth.log")
    writeFileSync(log, stdout + stderr)
    throw new StartFault(
      `the templates could not be made: ${tellingLine(stderr) ?? message} (all of it in ${log})`,
    )
  }
}

function tellingLine(said: string): string | undefined {
  const lines = said.split("\n").map((line) => line.trim())
  return lines.find((line) => /error/i.test(line)) ?? lines.findLast((line) => line !== "")
}

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
 * Bundles the functions and synthesizes the stacks of stage `local` in the state folder; answers where the templates are.
 * The checks are left out: they guard deployments. Throws a StartFault with the first line that tells why.
 */
export async function synthesize(dataDir: string, settings: LocalSettings): Promise<string> {
  const outDir = join(dataDir, "cdk.out")
  const bundles = join(dataDir, "bundles")
  for (const dir of [outDir, bundles]) rmSync(dir, { recursive: true, force: true })
  const env = {
    ...process.env,
    METRO_PAY_SETTINGS: JSON.stringify({ stage: "local", templateChecks: false, ...settings }),
  }
  const synth = join(import.meta.dirname, "synth-process.ts")
  try {
    await promisify(execFile)(process.execPath, [synth, bundles, outDir], {
      env,
      maxBuffer: MAX_OUTPUT_BYTES,
    })
    return outDir
  } catch (fault) {
    const {
      stdout = "",
      stderr = "",
      message,
    } = fault as { stdout?: string; stderr?: string; message: string }
    const logDir = join(dataDir, "logs")
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

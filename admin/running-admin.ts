/** The command line as operators run it, for tests: a process of its own. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"

export type Ended = { code: number; out: string; err: string }

/** Standard input is no terminal; it holds `input`, or nothing. */
export async function admin(
  args: readonly string[],
  env: Record<string, string> = {},
  input?: string,
): Promise<Ended> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  })
  // A command that wants no input may have ended before it is handed over.
  child.stdin.on("error", () => undefined).end(input ?? "")
  const said = Promise.all([child.stdout.toArray(), child.stderr.toArray()])
  const [code] = (await once(child, "close")) as [number]
  const [out, err] = (await said).map((parts) => Buffer.concat(parts).toString())
  return { code, out: out ?? "", err: err ?? "" }
}

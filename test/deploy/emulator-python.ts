import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { ChildProcesses } from "./child-processes.ts"
import { MissingPart } from "./missing-part.ts"

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt")
const OLDEST = [3, 10] as const
const MISSING = `Python ${OLDEST.join(".")} or later with venv is needed (python3; on Debian and Ubuntu also python3-venv)`

/**
 * The Python that has the emulator: that of a virtual environment in `folder`, made there unless it holds just what the
 * requirements name. Throws a MissingPart where Python is missing or too old, or the packages cannot be fetched.
 */
export async function emulatorPython(children: ChildProcesses, folder: string): Promise<string> {
  const venv = join(folder, "venv")
  const python = join(venv, "bin", "python")
  const made = join(folder, "requirements.txt")
  if (sameFile(made, REQUIREMENTS) && (await runs(children, python, "import ministack"))) return python
  await checkPython(children)
  rmSync(made, { force: true })
  mkdirSync(folder, { recursive: true })
  await need(children, "python3", ["-m", "venv", "--clear", venv])
  const install = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
  await need(children, python, [...install, "--requirement", REQUIREMENTS])
  cpSync(REQUIREMENTS, made)
  return python
}

/** Debian parts venv from Python: what is missing then is ensurepip. */
async function checkPython(children: ChildProcesses): Promise<void> {
  const oldEnough = `import ensurepip, sys, venv; sys.exit(sys.version_info < (${OLDEST.join(", ")}))`
  if (!(await runs(children, "python3", oldEnough))) throw new MissingPart(MISSING)
}

async function runs(children: ChildProcesses, python: string, program: string): Promise<boolean> {
  try {
    return (await children.run(python, ["-c", program])).code === 0
  } catch {
    return false
  }
}

async function need(children: ChildProcesses, command: string, args: readonly string[]): Promise<void> {
  const { code, said } = await children.run(command, args)
  if (code !== 0) throw new MissingPart(`the emulator cannot be installed: ${said.trim().split("\n").at(-1)}`)
}

function sameFile(one: string, other: string): boolean {
  try {
    return readFileSync(one).equals(readFileSync(other))
  } catch {
    return false
  }
}

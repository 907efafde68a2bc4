import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ChildProcesses } from "./child-processes.ts"

const ADMIN = join(import.meta.dirname, "..", "..", "admin", "main.ts")

/** Whoever sits at the operators' command line of the deployed stage. */
export type Operator = {
  /** What a command answers that changes something. Throws what it says instead where it refuses. */
  run(...args: string[]): Promise<string>
  /** The same for commands that only look. */
  look(...args: string[]): Promise<string>
  /** Writes a file for a command to read; gives its path. */
  file(name: string, text: string): string
}

export function operatorOf(children: ChildProcesses, env: NodeJS.ProcessEnv, folder: string): Operator {
  const look = async (...args: string[]) => {
    const { code, said } = await children.run(process.execPath, [ADMIN, ...args, "--stage", "test"], { env })
    if (code !== 0) throw new Error(`admin ${args.slice(0, 2).join(" ")} failed: ${said.trim()}`)
    return said
  }
  return {
    run: (...args) => look(...args, "--operator", "deploy-test", "--reason", "a deployment is tried"),
    look,
    file(name, text) {
      const path = join(folder, name)
      writeFileSync(path, text, { mode: 0o600 })
      return path
    },
  }
}

import { type ChildProcess, spawn } from "node:child_process"
import { openSync } from "node:fs"

type Place = { cwd?: string; env?: NodeJS.ProcessEnv }

/** What takes longer hangs. */
const COMMAND_WITHIN_MS = 180_000

/** What a command said, on both channels in the order it came, and how it ended: null where a signal ended it. */
export type Ended = { code: number | null; said: string }

/**
 * Everything this test starts. Each child leads a process group of its own, so that what it started in turn ends with it,
 * and the terminal's Ctrl-C comes to this process alone, which then ends them all.
 */
export class ChildProcesses {
  readonly #running = new Set<ChildProcess>()

  /**
   * Runs a command to its end, which it is put to after three minutes. Rejects where it cannot be started, with the
   * system's `code`.
   */
  run(command: string, args: readonly string[], place: Place = {}): Promise<Ended> {
    const child = this.#spawn(command, args, { ...place, stdio: ["ignore", "pipe", "pipe"] })
    const timer = setTimeout(() => killGroup(child), COMMAND_WITHIN_MS)
    for (const end of ["exit", "error"]) child.once(end, () => clearTimeout(timer))
    const said: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (part: Buffer) => said.push(part))
    return new Promise((resolve, reject) => {
      child.once("error", reject)
      child.once("close", (code) => resolve({ code, said: Buffer.concat(said).toString("utf8") }))
    })
  }

  /** Starts what goes on beside the test; its standard input stays open as long as this process lives. */
  start(command: string, args: readonly string[], place: Place & { logFile: string }): ChildProcess {
    const log = openSync(place.logFile, "a")
    return this.#spawn(command, args, { ...place, stdio: ["pipe", log, log] })
  }

  /** Ends all of them at once, without asking: nothing they hold is needed any more. */
  endAll(): void {
    for (const child of this.#running) killGroup(child)
  }

  #spawn(
    command: string,
    args: readonly string[],
    options: Place & { stdio: ("ignore" | "pipe" | number)[] },
  ) {
    const child = spawn(command, args, { ...options, detached: true })
    this.#running.add(child)
    for (const end of ["exit", "error"]) child.once(end, () => this.#running.delete(child))
    return child
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, "SIGKILL")
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "ESRCH") throw fault
  }
}

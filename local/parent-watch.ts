import { execFile } from "node:child_process"
import { promisify } from "node:util"

const WATCH_MS = 500
const SHELL = /(^|\/)-?[a-z]*sh$/

/**
 * Calls `gone` once npm is gone, which started this process by way of a shell: a signal to npm's process alone ends npm or
 * the shell without reaching this process, and nobody would stop it any more. Only SIGINT to npm alone stays unseen: npm
 * goes on, and its shell waits for this process.
 */
export async function watchNpm(gone: () => void): Promise<void> {
  const parent = process.ppid
  const npm = await parentOfShell(parent)
  const watch = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || runs(npm))) return
    clearInterval(watch)
    gone()
  }, WATCH_MS)
  watch.unref()
}

/** Undefined where that process is no shell: some shells give their place to what they start. Or where nobody can say. */
async function parentOfShell(pid: number): Promise<number | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "ppid=,comm=", "-p", String(pid)])
    const [, parent, command = ""] = /^\s*(\d+)\s+(.*)$/.exec(stdout.trim()) ?? []
    return SHELL.test(command) ? Number(parent) : undefined
  } catch {
    return undefined
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === "EPERM"
  }
}

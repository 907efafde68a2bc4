import { type ChildProcess, execFile, spawn } from "node:child_process"
import { openSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { StartFault } from "./start-fault.ts"

/** DynamoDB Local is compiled for it. */
const LEAST_JAVA = 17

/** Path of a Java that is new enough: JAVA_HOME's, else the one on the PATH. Throws a StartFault. */
export async function findJava(environment: NodeJS.ProcessEnv): Promise<string> {
  const home = environment.JAVA_HOME
  const java = home ? join(home, "bin", "java") : "java"
  let told: string
  try {
    const { stderr, stdout } = await promisify(execFile)(java, ["-version"], {
      env: environment,
      timeout: 30_000,
    })
    told = `${stderr}${stdout}`
  } catch {
    throw new StartFault(
      `Java ${LEAST_JAVA} or newer is needed for DynamoDB Local, but ${java} could not be run`,
    )
  }
  const version = javaVersion(told)
  if (version !== undefined && version >= LEAST_JAVA) return java
  throw new StartFault(
    `Java ${LEAST_JAVA} or newer is needed for DynamoDB Local, but ${java} is ${version ?? "of an unknown version"}`,
  )
}

/** 17 from `version "17.0.15"`, 8 from `version "1.8.0_392"`. */
export function javaVersion(told: string): number | undefined {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(told) ?? []
  if (first === undefined) return undefined
  return first === "1" && second !== undefined ? Number(second) : Number(first)
}

/**
 * A JVM does not notice when its parent is killed. So a shell stands between: it holds a pipe of ours, and when that closes,
 * for whatever reason, it hangs up the JVM. Ctrl-C reaches the whole process group; both leave it to the parent, which
 * still has calls to finish.
 */
const WATCHDOG = `
trap '' INT TERM
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
{ cat <&3 >/dev/null; kill -HUP $child; } 2>/dev/null &
wait $child
`

/** Runs Java until its stdin is closed or this process ends. Its output goes to `logFile`. */
export function startJava(java: string, given: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, "a")
  const stdio: ["pipe", number, number] = ["pipe", log, log]
  if (process.platform === "win32") return spawn(java, given, { stdio, windowsHide: true })
  return spawn("/bin/sh", ["-c", WATCHDOG, "sh", java, ...given], { stdio })
}

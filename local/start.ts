/** `npm start`: the platform until Ctrl-C. Everything that can be wrong before is one line on stderr, and status 1. */
import { appendFileSync } from "node:fs"
import { join } from "node:path"
import { HELP, readOptions } from "./options.ts"
import { watchNpm } from "./parent-watch.ts"
import { StartFault } from "./start-fault.ts"

const FAST = 20
const STOP_WITHIN_MS = 8_000

const root = join(import.meta.dirname, "..")
let stateDir: string | undefined
let stop: (() => Promise<void>) | undefined
let stopping = false

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end())

try {
  await run()
} catch (fault) {
  // A start that was interrupted fails for that reason.
  if (!stopping) explain(fault)
  process.exit(stopping ? 0 : 1)
}

async function run(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env, root)
  if (options.help) {
    console.log(HELP)
    process.exit(0)
  }
  if (process.env.npm_lifecycle_event !== undefined) void watchNpm(() => void end())
  // Half a second of loading that neither --help nor a wrong option needs.
  const { startPlatform } = await import("./platform.ts")
  const { port, dataDir, reset, fast } = options
  stateDir = dataDir
  const platform = await startPlatform({
    port,
    dataDir,
    reset,
    speed: fast ? FAST : 1,
    log: (line) => console.log(line),
  })
  if (stopping) {
    await platform.close()
    process.exit(0)
  }
  stop = () => platform.close()
  console.log(`demo data in ${join(platform.dataDir, "demo")}, logs in ${join(platform.dataDir, "logs")}`)
  console.log(`ready ${platform.url}`)
}

/** Signals come twice under npm: from the terminal to the group, and passed on by npm. */
async function end(): Promise<void> {
  if (stopping) return
  stopping = true
  if (!stop) process.exit(0) // Nothing is in flight yet, and what was started ends with this process.
  console.log("stopping")
  // What still runs then ends with this process.
  setTimeout(() => process.exit(0), STOP_WITHIN_MS)
  try {
    await stop()
  } catch (fault) {
    explain(fault)
    process.exit(1)
  }
  process.exit(0)
}

function explain(fault: unknown): void {
  if (fault instanceof StartFault) {
    console.error(`metro-pay: ${fault.message}`)
    return
  }
  const details = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
  console.error(`metro-pay: ${details.split("\n")[0]}${keepDetails(details)}`)
}

function keepDetails(details: string): string {
  try {
    const log = join(stateDir ?? "", "logs", "start.log")
    appendFileSync(log, `${new Date().toISOString()} ${details}\n`)
    return ` (details in ${log})`
  } catch {
    return "" // The state folder itself may be what is wrong.
  }
}

import { readdirSync, readFileSync } from "node:fs"

/**
 * Kills every process of ours that runs one of these functions at this moment; says how many there were.
 * @param signal SIGSTOP leaves them there, doing nothing, until they are killed
 */
export function killFunctions(names: readonly string[], signal: "SIGKILL" | "SIGSTOP" = "SIGKILL"): number {
  const wanted = names.map((name) => `AWS_LAMBDA_FUNCTION_NAME=MetroPay-local-${name}`)
  let killed = 0
  for (const pid of readdirSync("/proc").filter((it) => /^\d+$/.test(it))) {
    try {
      const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
      if (Number(parent) !== process.pid) continue
      const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0")
      if (!wanted.some((it) => variables.includes(it))) continue
      process.kill(Number(pid), signal)
      killed += 1
    } catch {
      // It ended by itself in between.
    }
  }
  return killed
}

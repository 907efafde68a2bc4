/**
 * `npm run test:deploy`: deploys the platform for real, by the CDK's own commands, to an emulator of AWS on this machine;
 * pays and refunds through it, makes bills, upgrades it under open orders, goes back, and removes it.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ChildProcesses } from "./child-processes.ts"
import { keepData } from "./keep-data.ts"
import { liveThroughUpgrade } from "./live-through-upgrade.ts"
import { type Machine, startMachine } from "./machine.ts"
import { MissingPart } from "./missing-part.ts"
import { sayTotal, step } from "./step.ts"

const INTERRUPTED = 130

const folder = mkdtempSync(join(tmpdir(), "metro-pay-deploy-"))
const children = new ChildProcesses()
let keepFolder = false
// However this process ends, short of a kill; then the emulator ends by itself.
process.once("exit", () => {
  children.endAll()
  if (!keepFolder) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(INTERRUPTED))
}

try {
  await tryDeployment(await startMachine(children, folder))
  sayTotal()
} catch (fault) {
  process.exitCode = 1
  if (fault instanceof MissingPart) {
    console.error(`metro-pay: ${fault.message}`)
  } else {
    keepFolder = true
    console.error(fault, `\nThe emulator's log and the templates are in ${folder}`)
  }
}
// Nothing that is still open needs an end of its own.
process.exit()

async function tryDeployment(machine: Machine): Promise<void> {
  await step("cdk bootstrap", () => machine.cdk.run(["bootstrap"]))
  await liveThroughUpgrade(machine)
  await keepData(machine)
}

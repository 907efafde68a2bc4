import { join } from "node:path"
import { channelPorts, type SimulatedChannels, startChannels } from "../../local/channels.ts"
import { type Cdk, cdkOn } from "./cdk.ts"
import { type Certificate, makeCertificate, trust } from "./certificate.ts"
import type { ChildProcesses } from "./child-processes.ts"
import { type DeployedStage, deployedStage } from "./deployed-stage.ts"
import { type Emulator, startEmulator } from "./emulator.ts"
import { emulatorPython } from "./emulator-python.ts"
import { type Operator, operatorOf } from "./operator.ts"
import { step } from "./step.ts"
import { startTlsFront, type TlsFront } from "./tls-front.ts"

/** What a stage is deployed to, and what stands around it. */
export type Machine = {
  children: ChildProcesses
  /** Of this run alone. */
  folder: string
  emulator: Emulator
  cdk: Cdk
  operator: Operator
  stage: DeployedStage
  channels: SimulatedChannels
  /** What https addresses of this machine show. */
  certificate: Certificate
  /** The channel's address, and that of the stage's API. */
  fronts: { wechat: TlsFront; api: TlsFront }
}

/** Keeps the emulator from run to run; `npm ci` empties it. */
const KEPT = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "metro-pay-deploy-test")

/** Throws a MissingPart where this machine lacks something. */
export async function startMachine(children: ChildProcesses, folder: string): Promise<Machine> {
  const certificate = await makeCertificate(children, folder)
  trust(certificate)
  const python = await step("finds or installs the emulator of AWS", () => emulatorPython(children, KEPT))
  const emulator = await step("starts the emulator", () =>
    startEmulator(children, { python, folder, certFile: certificate.certFile }),
  )
  const fronts = { wechat: await startTlsFront(certificate), api: await startTlsFront(certificate) }
  const channels = await step("starts the simulated channel", () => openChannels(join(folder, "channels")))
  fronts.wechat.leadTo({ url: channels.simulators.wechat?.url ?? "" })
  return {
    children,
    folder,
    emulator,
    cdk: cdkOn(children, emulator.env, folder),
    operator: operatorOf(children, emulator.env, folder),
    stage: deployedStage(emulator),
    channels,
    certificate,
    fronts,
  }
}

async function openChannels(dir: string): Promise<SimulatedChannels> {
  return startChannels({ dir, ports: await channelPorts(dir), nowMs: Date.now, speed: 1 })
}

/** After each deployment that makes an API: the emulator tells its APIs apart by the host. */
export async function leadToApi({ emulator, stage, fronts }: Machine): Promise<void> {
  fronts.api.leadTo({ url: emulator.url, host: `${await stage.apiId()}.execute-api.localhost` })
}

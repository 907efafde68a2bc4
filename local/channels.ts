/** The simulated channels of this machine, and the keys that they and the demo merchants know each other by. */
import { createHash, createPublicKey, generateKeyPair } from "node:crypto"
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import type { ChannelSimulator } from "../channels/channel-simulator.ts"
import { startWechatSimulator } from "../channels/wechat/simulator.ts"
import type { ChannelId } from "../domain/channel.ts"
import type { SimulatedWechat } from "./demo-data.ts"
import { freePort } from "./free-port.ts"

export type SimulatedChannels = {
  simulators: Partial<Record<ChannelId, ChannelSimulator>>
  wechat: SimulatedWechat
  close(): Promise<void>
}

const WECHAT_PUBLIC_KEY_ID = "PUB_KEY_ID_0000000000LOCAL"
const WECHAT_ACCOUNTS = [
  { merchantId: "M10001", mchid: "1900000101", appid: "wx8888888888888888", serialNo: "LOCAL0001" },
  { merchantId: "M10002", mchid: "1900000102", appid: "wx8888888888888888", serialNo: "LOCAL0002" },
] as const

/** Where the channels of this state folder will listen: the same ports as last time, where they are still free. */
export async function channelPorts(dir: string): Promise<{ wechat: number }> {
  mkdirSync(dir, { recursive: true })
  const file = join(dir, "ports.json")
  const ports = { wechat: await freePort(keptPort(file, "wechat")) }
  writeFileSync(file, JSON.stringify(ports))
  return ports
}

function keptPort(file: string, channel: ChannelId): number {
  try {
    const port = (JSON.parse(readFileSync(file, "utf8")) as Partial<Record<ChannelId, unknown>>)[channel]
    return Number.isInteger(port) ? (port as number) : 0
  } catch {
    return 0 // A first start, or a file that is no use: any port will do.
  }
}

/** Starts them with their books in `dir`. Keys are made at the first start. */
export async function startChannels(given: {
  dir: string
  ports: { wechat: number }
  nowMs(): number
  speed: number
}): Promise<SimulatedChannels> {
  const { dir, ports, nowMs, speed } = given
  const keyDir = join(dir, "keys")
  mkdirSync(keyDir, { recursive: true, mode: 0o700 })
  const [platformKey, ...merchantKeys] = await Promise.all(
    ["wechat-platform", ...WECHAT_ACCOUNTS.map(({ mchid }) => `wechat-${mchid}`)].map((name) =>
      privateKey(keyDir, name),
    ),
  )
  const accounts = WECHAT_ACCOUNTS.map((account, index) => ({
    ...account,
    privateKeyPem: merchantKeys[index] ?? "",
    apiV3Key: apiV3Key(merchantKeys[index] ?? ""),
  }))
  const wechat = await startWechatSimulator({
    dir,
    nowMs,
    speed,
    port: ports.wechat,
    platform: { publicKeyId: WECHAT_PUBLIC_KEY_ID, privateKeyPem: platformKey ?? "" },
    merchants: accounts.map(({ mchid, appid, serialNo, privateKeyPem, apiV3Key }) => ({
      mchid,
      serialNo,
      apiV3Key,
      publicKeyPem: publicKey(privateKeyPem),
      appids: [appid],
    })),
  })
  return {
    simulators: { wechat },
    wechat: {
      publicKeyId: WECHAT_PUBLIC_KEY_ID,
      platformPublicKeyPem: publicKey(platformKey ?? ""),
      accounts,
      addContract: (contract) => wechat.addContract(contract),
    },
    close: () => wechat.close(),
  }
}

async function privateKey(dir: string, name: string): Promise<string> {
  const file = join(dir, `${name}.pem`)
  try {
    return readFileSync(file, "utf8")
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "ENOENT") throw fault
  }
  const pair = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 })
  const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
  writeFileSync(`${file}.new`, pem, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return pem
}

/** What notifications are encrypted with: the merchant and WeChat agreed on it, so it follows from what is kept already. */
function apiV3Key(privateKeyPem: string): string {
  return createHash("sha256").update(privateKeyPem).digest("hex").slice(0, 32)
}

function publicKey(privateKeyPem: string): string {
  return createPublicKey(privateKeyPem).export({ type: "spki", format: "pem" }).toString()
}

import type { ChildProcess } from "node:child_process"
import { mkdirSync } from "node:fs"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { LOCAL_REGION } from "../../local/account.ts"
import { freePort } from "../../local/free-port.ts"
import type { ChildProcesses } from "./child-processes.ts"

export type Emulator = {
  url: string
  /** Of commands that speak to it as they would speak to AWS. */
  env: NodeJS.ProcessEnv
}

/** Anything does; with an account number as its id it would choose that account. */
export const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" }

const READY_WITHIN_MS = 30_000

/**
 * Starts the emulator on a free port. Functions run in processes of this Node, which believe `certFile` as they would the
 * world's authorities. Its log is in `folder`; it keeps everything in memory.
 */
export async function startEmulator(
  children: ChildProcesses,
  { python, folder, certFile }: { python: string; folder: string; certFile: string },
): Promise<Emulator> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const temporary = join(folder, "tmp")
  mkdirSync(temporary, { recursive: true })
  const env = emulatedEnvironment(url)
  const child = children.start(python, [join(import.meta.dirname, "emulator.py")], {
    env: {
      ...env,
      GATEWAY_PORT: String(port),
      BIND_HOST: "127.0.0.1",
      SFTP_ENABLED: "0",
      IOT_MTLS_ENABLED: "0",
      TMPDIR: temporary,
      NODE_EXTRA_CA_CERTS: certFile,
    },
    logFile: join(folder, "emulator.log"),
  })
  await ready(url, child)
  return { url, env }
}

/** Nothing of the AWS account that whoever runs this may be logged in to. */
function emulatedEnvironment(url: string): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"))
  return {
    ...Object.fromEntries(others),
    PATH: [dirname(process.execPath), process.env.PATH].join(":"),
    AWS_ENDPOINT_URL: url,
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
  }
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const end = performance.now() + READY_WITHIN_MS
  while (performance.now() < end && child.exitCode === null) {
    const answer = await fetch(`${url}/_ministack/health`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(100)
  }
  throw new Error("the emulator does not start")
}

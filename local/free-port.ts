import type { AddressInfo } from "node:net"
import { createServer } from "node:net"

/** A loopback port that nobody listens on just now: `wanted` if it is free, else any. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer()
  const listening = new Promise<void>((resolve, reject) =>
    server.once("error", reject).listen(wanted, "127.0.0.1", resolve),
  )
  try {
    await listening
  } catch (fault) {
    if (wanted === 0) throw fault
    return freePort()
  }
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

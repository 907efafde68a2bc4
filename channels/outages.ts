import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"

/** How often an outage looks at the clock, which may be moved meanwhile. */
const LOOK_EVERY_MS = 20
/** Longer than any client of ours keeps an idle connection, so that none is closed under a request just sent. */
const KEEP_ALIVE_MS = 65_000

export type InterruptibleListener = {
  url: string
  /** Breaks open connections and lets the operating system refuse new ones until `nowMs()` has passed so far. */
  down(forMs: number): void
  close(): Promise<void>
}

/**
 * An HTTP listener on loopback that can be out of reach for a while, and then listens on the same port again. Rejects
 * where the port is taken.
 */
export async function listenWithOutages(options: {
  handle: RequestListener
  nowMs(): number
  /** 0 or unset: any free one. */
  port?: number
}): Promise<InterruptibleListener> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, options.handle)
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject)
      server.listen({ port, host: "127.0.0.1", backlog: 511 }, () => {
        server.off("error", reject)
        resolve()
      })
    })
  await listen(options.port ?? 0)
  const { port } = server.address() as AddressInfo

  let closed = false
  let downUntilMs = 0
  let watch: NodeJS.Timeout | undefined
  const stopListening = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  const waitForTheEnd = () => {
    watch ??= setInterval(() => void riseWhenOver(), LOOK_EVERY_MS).unref()
  }
  const riseWhenOver = async () => {
    if (options.nowMs() < downUntilMs) return
    clearInterval(watch)
    watch = undefined
    // Somebody may hold the port for a moment; the next look tries again.
    await listen(port).catch(waitForTheEnd)
    if (closed || options.nowMs() < downUntilMs) await stopListening()
  }

  return {
    url: `http://127.0.0.1:${port}`,
    down(forMs) {
      downUntilMs = Math.max(downUntilMs, options.nowMs() + forMs)
      void stopListening()
      waitForTheEnd()
    },
    async close() {
      closed = true
      clearInterval(watch)
      await stopListening()
    },
  }
}

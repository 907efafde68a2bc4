/**
 * The queue server, in a process of its own so that its delays and visibility follow the platform's clock (shift-clock is
 * loaded before). Tells its port to the parent, and ends with it.
 */
import type { AddressInfo } from "node:net"
import { buildApp } from "fauxqs"

// Ctrl-C reaches the whole process group; the parent ends this process when the calls in flight are done.
process.on("SIGINT", () => {})
process.on("SIGTERM", () => {})
process.on("disconnect", () => process.exit())

const app = buildApp({ logger: false })
await app.listen({ host: "127.0.0.1", port: 0 })
process.send?.({ port: (app.server.address() as AddressInfo).port })

import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** What a function's process is given to do. */
export type Invocation = { headers: Record<string, string>; payload: string }

/** What a function's process reports; one reporter a process. */
export type RuntimeReporter = {
  /** Ready for work: `give` hands it over, once. */
  next(give: (invocation: Invocation) => void): void
  response(requestId: string, payload: string): void
  /** `description` is JSON: errorType, errorMessage, trace. */
  error(requestId: string, description: string): void
  initError(description: string): void
}

export type RuntimeApi = {
  /** Value of AWS_LAMBDA_RUNTIME_API for a new process. A path nobody can guess tells the processes apart. */
  admit(reporter: RuntimeReporter): { address: string; dismiss(): void }
  close(): Promise<void>
}

const PATH =
  /^\/([^/]+)\/2018-06-01\/runtime\/(invocation\/next|init\/error|invocation\/([^/]+)\/(response|error))$/

/** The Runtime API of all functions on one free loopback port. */
export async function startRuntimeApi(): Promise<RuntimeApi> {
  const reporters = new Map<string, RuntimeReporter>()
  const server = createServer((request, response) => void report(reporters, request, response))
  // A process waits for work as long as there is none.
  server.requestTimeout = 0
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    admit(reporter) {
      const token = randomUUID()
      reporters.set(token, reporter)
      return { address: `127.0.0.1:${port}/${token}`, dismiss: () => reporters.delete(token) }
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function report(
  reporters: Map<string, RuntimeReporter>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, token = "", what = "", requestId = "", outcome] = PATH.exec(request.url ?? "") ?? []
  const reporter = reporters.get(token)
  if (!reporter) {
    response.writeHead(404).end()
    return
  }
  if (what === "invocation/next") {
    reporter.next(({ headers, payload }) => response.writeHead(200, headers).end(payload))
    return
  }
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return // The process died while it spoke; its end is noticed where it was started.
  }
  const body = Buffer.concat(chunks).toString()
  if (outcome === "response") reporter.response(requestId, body)
  else if (outcome === "error") reporter.error(requestId, body)
  else reporter.initError(body)
  response.writeHead(202).end()
}

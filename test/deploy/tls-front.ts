import { type IncomingMessage, request, type ServerResponse } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import type { Certificate } from "./certificate.ts"

export type TlsFront = {
  /** Without a trailing slash. */
  url: string
  /** Where calls go from now on: an http address, and the host that they are sent as where that is another. */
  leadTo(target: { url: string; host?: string }): void
  /** The next call whose path has that part gets 503 and goes no further. Resolves when it was made. */
  refuseNext(part: string): Promise<void>
}

/**
 * An https address of this machine in front of an http server. A stage that is deployed takes no other addresses, for its
 * channels as for itself. Until it leads somewhere it answers 503.
 */
export async function startTlsFront({ cert, key }: Certificate): Promise<TlsFront> {
  let target: { url: string; host?: string } | undefined
  let refusal: { part: string; made(): void } | undefined
  const server = createServer({ cert, key }, (incoming, answer) => {
    const refused = refusal && incoming.url?.includes(refusal.part)
    if (target && !refused) return pass(incoming, answer, target)
    answer.writeHead(503).end()
    if (!refused) return
    refusal?.made()
    refusal = undefined
  })
  await new Promise<void>((resolve, reject) =>
    server.once("error", reject).listen(0, "127.0.0.1", () => resolve()),
  )
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    leadTo: (to) => {
      target = to
    },
    refuseNext: (part) =>
      new Promise((made) => {
        refusal = { part, made }
      }),
  }
}

function pass(
  incoming: IncomingMessage,
  answer: ServerResponse,
  target: { url: string; host?: string },
): void {
  const outgoing = request(new URL(incoming.url ?? "/", target.url), {
    method: incoming.method,
    headers: { ...incoming.headers, host: target.host ?? incoming.headers.host },
  })
  outgoing.once("response", (received) => {
    answer.writeHead(received.statusCode ?? 502, received.headers)
    received.pipe(answer)
  })
  outgoing.once("error", () => answer.destroy())
  answer.once("close", () => outgoing.destroy())
  incoming.pipe(outgoing)
}

/** A merchant's own address: an HTTP server that reads notifications with the SDK, and behaves as a test wants it to. */
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { type Notice, NotificationReceiver } from "../../sdk/notification-receiver.ts"
import type { Running } from "./running-platform.ts"

export type Heard = { notice: Notice; atMs: number; nonce: string; keyId: string; body: string }

/** What it does with the so manieth attempt that it hears; answers 200 unless told otherwise. */
export type Manner = (attempt: number, response: ServerResponse) => void

const accept: Manner = (_attempt, response) => response.writeHead(200).end()

export class MerchantEndpoint {
  readonly url: string
  /** Everything that verified, in the order it came. */
  readonly heard: Heard[] = []
  /** Why others did not. */
  readonly refused: string[] = []
  manner: Manner = accept
  readonly #close: () => Promise<void>

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url
    this.#close = close
  }

  static async open(
    running: Pick<Running, "url" | "dataDir">,
    merchantId: string,
  ): Promise<MerchantEndpoint> {
    const folder = join(running.dataDir, "demo")
    const merchant = JSON.parse(readFileSync(join(folder, merchantId, "merchant.json"), "utf8"))
    const receiver = new NotificationReceiver({
      baseUrl: running.url,
      platformKeys: JSON.parse(readFileSync(join(folder, "platform_keys.json"), "utf8")),
      platformRootKey: merchant.platform_root_key,
    })
    const server = createServer((request, response) => void endpoint.#hear(receiver, request, response))
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    const endpoint = new MerchantEndpoint(`http://127.0.0.1:${port}/told`, async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    })
    return endpoint
  }

  of(eventType: Notice["event_type"], tradeNo: unknown): Heard[] {
    return this.heard.filter(
      ({ notice: { event_type, data } }) =>
        event_type === eventType && "pay_out_trade_no" in data && data.pay_out_trade_no === tradeNo,
    )
  }

  close(): Promise<void> {
    return this.#close()
  }

  async #hear(
    receiver: NotificationReceiver,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = Buffer.concat(await request.toArray())
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    )
    const targetUri = new URL(request.url ?? "", this.url).href
    const read = await receiver.read({ method: request.method ?? "", targetUri, headers, body })
    if (!read.ok) {
      this.refused.push(read.why)
      response.writeHead(401).end()
      return
    }
    const input = headers["signature-input"] ?? ""
    this.heard.push({
      notice: read.notice,
      atMs: performance.now(),
      nonce: /nonce="([^"]+)"/.exec(input)?.[1] ?? "",
      keyId: /keyid="([^"]+)"/.exec(input)?.[1] ?? "",
      body: body.toString("utf8"),
    })
    const attempt = this.heard.filter(({ notice }) => notice.event_id === read.notice.event_id).length
    this.manner(attempt, response)
  }
}

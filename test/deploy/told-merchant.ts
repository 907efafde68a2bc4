import type { IncomingMessage } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { type Notice, NotificationReceiver } from "../../sdk/notification-receiver.ts"
import type { Machine } from "./machine.ts"

/** A merchant's endpoint: it believes only what the platform has signed, and answers everything else 401. */
export type ToldMerchant = {
  /** What is given as `notify_url`. */
  url: string
  /** Everything that verified, in the order it came. */
  heard: Notice[]
  /** Why others did not. */
  refused: string[]
}

/** Of the platform it knows the address and the root key. It listens until this process ends. */
export async function openEndpoint({ certificate, fronts, stage }: Machine): Promise<ToldMerchant> {
  const platformRootKey = await stage.rootKey()
  const receiver = new NotificationReceiver({
    baseUrl: fronts.api.url,
    platformKeys: { keys: [] },
    platformRootKey,
  })
  const merchant: ToldMerchant = { url: "", heard: [], refused: [] }
  const server = createServer(certificate, (request, response) => {
    void listen(receiver, request, merchant).then((status) => response.writeHead(status).end())
  })
  await new Promise<void>((resolve, reject) =>
    server.once("error", reject).listen(0, "127.0.0.1", () => resolve()),
  )
  merchant.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/metro-pay`
  return merchant
}

async function listen(
  receiver: NotificationReceiver,
  request: IncomingMessage,
  { url, heard, refused }: ToldMerchant,
): Promise<200 | 401> {
  const body = Buffer.concat(await request.toArray())
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  )
  const read = await receiver.read({ method: request.method ?? "", targetUri: url, headers, body })
  if (read.ok) heard.push(read.notice)
  else refused.push(read.why)
  return read.ok ? 200 : 401
}

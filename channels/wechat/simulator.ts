import type { IncomingMessage, ServerResponse } from "node:http"
import { join } from "node:path"
import type { ChannelSimulator } from "../channel-simulator.ts"
import { listenWithOutages } from "../outages.ts"
import { type Answer, refusal } from "./simulator/answers.ts"
import { startNotifier } from "./simulator/notifier.ts"
import { openOrders } from "./simulator/orders.ts"
import { route } from "./simulator/routes.ts"
import { answerSigner, type MerchantKey, signatureVerifier } from "./simulator/signatures.ts"

export type WechatSimulatorOptions = {
  /** The folder that keeps the books, in `wechat.jsonl`. */
  dir: string
  nowMs(): number
  /** The channel's delays are divided by it. */
  speed: number
  /** 0 or unset: any free one. */
  port?: number
  /** The key that signs answers. */
  platform: { publicKeyId: string; privateKeyPem: string }
  /** With an `apiV3Key` (32 letters and digits) a merchant is notified of its agreement payments. */
  merchants: readonly (MerchantKey & { appids: readonly string[]; apiV3Key?: string })[]
}

export type WechatSimulator = ChannelSimulator & {
  /** A customer's consent, as if given on WeChat's own pages. */
  addContract(contract: { contractId: string; mchid: string; openid: string }): void
  endContract(contractId: string): void
}

/**
 * WeChat Pay's side of APIv3, over HTTP on loopback, with books of its own. It knows nothing of our client: the two meet
 * in WeChat's published wire format only. What becomes of a charge is decided by its amount (contract §5), and what
 * becomes of it later is computed from times in the books, so it holds across restarts and when the clock is moved.
 * Rejects where the port is taken or the books are unreadable.
 */
export async function startWechatSimulator(options: WechatSimulatorOptions): Promise<WechatSimulator> {
  const { nowMs, speed } = options
  const orders = openOrders(join(options.dir, "wechat.jsonl"))
  const signerOf = signatureVerifier(options.merchants)
  const signAnswer = answerSigner(options.platform)
  const appids = new Map(options.merchants.map((merchant) => [merchant.mchid, merchant.appids]))

  const answerTo = (request: IncomingMessage, body: string): Answer => {
    const at = nowMs()
    const method = request.method ?? ""
    const target = request.url ?? ""
    const mchid = signerOf({ method, target, authorization: request.headers.authorization, body }, at)
    if (mchid === undefined) return refusal("SIGN_ERROR")
    return route(
      { orders, mchid, nowMs: at, speed, appids: appids.get(mchid) ?? [] },
      { method, target, body },
    )
  }
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    if (body === undefined) return
    const answer = answerTo(request, body)
    if (answer === "silence") return
    const text = answer.body ? JSON.stringify(answer.body) : ""
    response.writeHead(answer.status, {
      ...(text ? { "Content-Type": "application/json; charset=utf-8" } : {}),
      ...signAnswer(text, nowMs()),
    })
    response.end(text)
  }
  const listener = await listenWithOutages({
    handle: (request, response) => {
      handle(request, response).catch((fault: unknown) => {
        console.error("the simulated WeChat Pay failed", fault)
        response.destroy()
      })
    },
    nowMs,
    port: options.port,
  }).catch((fault: unknown) => {
    orders.close()
    throw fault
  })

  const notifier = startNotifier({
    orders,
    nowMs,
    speed,
    apiV3Keys: new Map(
      options.merchants.flatMap(({ mchid, apiV3Key }) => (apiV3Key ? [[mchid, apiV3Key]] : [])),
    ),
    sign: signAnswer,
  })

  return {
    id: "wechat",
    url: listener.url,
    books: (payOutTradeNo) => orders.books(payOutTradeNo, nowMs()),
    down: listener.down,
    async close() {
      await Promise.all([listener.close(), notifier.close()])
      orders.close()
    },
    addContract: orders.addContract,
    endContract: orders.endContract,
  }
}

const MAX_BODY_BYTES = 64 * 1024

/** Undefined where the caller left before the end, or sent more than any call needs. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MAX_BODY_BYTES) return undefined
      chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(chunks).toString("utf8")
}

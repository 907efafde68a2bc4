/**
 * WeChat Pay over HTTP, V3: code payment for WeChat's own codes, agreement payment for ours, query, reverse, refund.
 * An answer counts only when its signature verifies; whatever else happens on the way is unknown.
 */
import type { ChargeOutcome, QueryOutcome } from "../../domain/charge-outcome.ts"
import type {
  ChannelAccount,
  ChargeRequest,
  Clock,
  PayChannel,
  Random,
  ReturnRequest,
  ReverseRequest,
} from "../../usecases/ports.ts"
import type { WechatAccount } from "./account.ts"
import { WECHAT_CAPABILITIES } from "./capabilities.ts"
import { decodeCharge, decodeQuery, type WechatAnswer } from "./codec.ts"
import { authorization, isSaidByWechat } from "./signature.ts"
import { decodeRefund, decodeRefundQuery, decodeReverse } from "./undo-codec.ts"

export type WechatOptions = {
  /** Without a trailing slash; the simulator's address when local. */
  baseUrl: string
  account(of: ChannelAccount): Promise<WechatAccount>
  clock: Pick<Clock, "nowMs">
  random: Random
  /** Where WeChat shall tell what became of an agreement payment; unset: nowhere. */
  notifyUrl?(of: ChannelAccount): string
  /** The platform's plans of asking, where the setting differs from the channel's own. */
  queryPlanMs?: readonly number[]
  withinCallPlanMs?: readonly number[]
}

export function wechatChannel(options: WechatOptions): PayChannel {
  const { queryPlanMs, withinCallPlanMs } = options
  return {
    id: "wechat",
    capabilities: {
      ...WECHAT_CAPABILITIES,
      ...(queryPlanMs ? { queryPlanMs } : {}),
      ...(withinCallPlanMs ? { withinCallPlanMs } : {}),
    },

    async charge(request) {
      const account = await openAccount(options, request.account)
      if ("kind" in account) return account
      const product = productOf(request, account, options.notifyUrl?.(request.account))
      const asked = {
        mchid: account.mchid,
        channelOrderNo: request.channelOrderNo,
        amountFen: request.amountFen,
      }
      const body = JSON.stringify({ ...commonFields(request, account), ...product.fields })
      if (options.clock.nowMs() > request.notAfterMs) return TOO_LATE
      const answer = await call(
        options,
        account,
        { method: "POST", path: product.path, body },
        request.timeoutMs,
      )
      return "kind" in answer ? answer : decodeCharge(answer, asked, product.answers)
    },

    async query(request): Promise<QueryOutcome> {
      const account = await openAccount(options, request.account)
      if ("kind" in account) return account
      const asynchronous = request.intent === "agreement" && account.agreementProduct === "apply"
      const folder = asynchronous ? "/v3/papay/pay/transactions" : "/v3/pay/transactions"
      const path = `${folder}/out-trade-no/${request.channelOrderNo}?mchid=${account.mchid}`
      const answer = await call(options, account, { method: "GET", path, body: "" }, request.timeoutMs)
      if ("kind" in answer) return answer
      return decodeQuery(answer, {
        mchid: account.mchid,
        channelOrderNo: request.channelOrderNo,
        amountFen: request.amountFen,
      })
    },

    async reverse(request) {
      const account = await openAccount(options, request.account)
      if ("kind" in account) return account
      const path = reversePath(request, account)
      const body = JSON.stringify({ appid: account.appid, mchid: account.mchid })
      if (options.clock.nowMs() > request.notAfterMs) return TOO_LATE
      const answer = await call(options, account, { method: "POST", path, body }, request.timeoutMs)
      return "kind" in answer ? answer : decodeReverse(answer, request.channelOrderNo)
    },

    async refund(request) {
      const account = await openAccount(options, request.account)
      if ("kind" in account) return account
      const body = JSON.stringify(refundFields(request))
      if (options.clock.nowMs() > request.notAfterMs) return TOO_LATE
      const answer = await call(options, account, { method: "POST", path: REFUNDS, body }, request.timeoutMs)
      return "kind" in answer ? answer : decodeRefund(answer, request)
    },

    async queryRefund(request) {
      const account = await openAccount(options, request.account)
      if ("kind" in account) return account
      const path = `${REFUNDS}/${encodeURIComponent(request.channelRefundNo)}`
      const answer = await call(options, account, { method: "GET", path, body: "" }, request.timeoutMs)
      return "kind" in answer ? answer : decodeRefundQuery(answer, request)
    },
  }
}

/** A function that was frozen on its way here: somebody else may have taken over. */
const TOO_LATE = { kind: "notSent", cause: "too late" } as const

const REFUNDS = "/v3/refund/domestic/refunds"

function refundFields(request: ReturnRequest): Record<string, unknown> {
  return {
    out_trade_no: request.channelOrderNo,
    out_refund_no: request.channelRefundNo,
    amount: { refund: request.amountFen, total: request.totalFen, currency: "CNY" },
  }
}

/**
 * Code payments have a reverse that closes or gives back, the agreement product with an immediate result one that only
 * closes (https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/reverse.html and
 * https://pay.weixin.qq.com/doc/global/v3/en/4012356623). For the product that accepts first the public documents name none:
 * the general one is called, and where WeChat does not take it, asking and refunding remain. Confirm with the contract.
 */
function reversePath(request: ReverseRequest, account: WechatAccount): string {
  const direct = request.intent === "agreement" && account.agreementProduct === "direct"
  const folder = direct ? "/v3/global/papay/transactions" : "/v3/pay/transactions"
  return `${folder}/out-trade-no/${request.channelOrderNo}/reverse`
}

type NotSent = Extract<ChargeOutcome, { kind: "notSent" }>

/** Settings that cannot be read stop a call before a byte of it has left. */
async function openAccount(options: WechatOptions, of: ChannelAccount): Promise<WechatAccount | NotSent> {
  try {
    return await options.account(of)
  } catch (error) {
    return { kind: "notSent", cause: error instanceof Error ? error.message : "account settings" }
  }
}

type Product = { path: string; answers: "result" | "accepted"; fields: Record<string, unknown> }

/** The two agreement products name the address for results differently; payment by code has none. */
function productOf(request: ChargeRequest, account: WechatAccount, notifyUrl: string | undefined): Product {
  if (request.by.intent === "code") {
    return {
      path: "/v3/pay/transactions/codepay",
      answers: "result",
      fields: {
        payer: { auth_code: request.by.code },
        scene_info: { store_info: { id: request.storeId, out_id: request.storeId } },
      },
    }
  }
  const contract_id = request.by.contractId
  return account.agreementProduct === "apply"
    ? {
        path: "/v3/papay/pay/transactions/apply",
        answers: "accepted",
        fields: { contract_id, transaction_notify_url: notifyUrl },
      }
    : {
        path: "/v3/global/papay/transactions",
        answers: "result",
        fields: { contract_id, notify_url: notifyUrl },
      }
}

/** WeChat takes 127 bytes of description. */
const DESCRIPTION_BYTES = 127

function commonFields(request: ChargeRequest, account: WechatAccount): Record<string, unknown> {
  return {
    appid: account.appid,
    mchid: account.mchid,
    description: cutToBytes(request.body, DESCRIPTION_BYTES),
    out_trade_no: request.channelOrderNo,
    amount: { total: request.amountFen, currency: "CNY" },
  }
}

/** The longest beginning of whole characters that fits. */
export function cutToBytes(text: string, maxBytes: number): string {
  let bytes = 0
  let out = ""
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    out += character
  }
  return out
}

type Unknown = Extract<ChargeOutcome, { kind: "unknown" }>

async function call(
  { baseUrl, clock, random }: WechatOptions,
  account: WechatAccount,
  request: { method: "GET" | "POST"; path: string; body: string },
  timeoutMs: number,
): Promise<WechatAnswer | Unknown> {
  const { method, path, body } = request
  const nowMs = clock.nowMs()
  const stamp = { nowS: Math.floor(nowMs / 1000), nonce: random.id(nowMs) }
  try {
    const response = await fetch(baseUrl + path, {
      method,
      headers: {
        accept: "application/json",
        authorization: authorization(account, { method, pathAndQuery: path, body }, stamp),
        "user-agent": "metro-pay",
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
      },
      ...(method === "POST" ? { body } : {}),
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    if (!isSaidByWechat(account, response.headers, bytes, Math.floor(clock.nowMs() / 1000))) {
      return { kind: "unknown", cause: `${response.status} not signed by WeChat` }
    }
    return { status: response.status, body: bytes.toString("utf8") }
  } catch (error) {
    // Time-out, reset, refused, torn: silence, never a failure.
    return { kind: "unknown", cause: error instanceof Error ? error.name : "silence", silent: true }
  }
}

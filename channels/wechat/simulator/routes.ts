import { type Answer, refusal } from "./answers.ts"
import { type Call, chargeByCode, chargeByContract, closeUnpaid, query, reverse } from "./payments.ts"
import { queryRefund, refund } from "./refunds.ts"
import { type Parsed, parseCodeCharge, parseContractCharge, parseRefund, parseReverse } from "./requests.ts"

/** Whoever signed, and the appids bound to that merchant. */
export type SignedCall = Call & { appids: readonly string[] }
type Route = { method: string; path: RegExp; answer(call: SignedCall, request: RoutedRequest): Answer }
type RoutedRequest = { number: string; search: URLSearchParams; body: string }

/**
 * Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012382150 (codepay), …/4012556352 (query), …/4013388429 (apply),
 * https://pay.weixin.qq.com/docs/merchant/apis/code-payment-v3/direct/reverse.html,
 * https://pay.weixin.qq.com/doc/global/v3/zh/4013015482 and https://pay.weixin.qq.com/doc/global/v3/en/4012356623 (agreement
 * payment with an immediate result, and its reverse, which answers 204),
 * https://pay.weixin.qq.com/doc/v3/partner/4012709253 (refunds). Agreement payments can be queried under the general path
 * and under their own. `/v3/certificates` is not here, hence 404: merchants with a platform public key have none
 * (https://pay.weixin.qq.com/doc/v3/merchant/4012153196).
 */
const ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: /^\/v3\/pay\/transactions\/codepay$/,
    answer: (call, { body }) => withBody(call, parseCodeCharge(body), (value) => chargeByCode(call, value)),
  },
  {
    method: "POST",
    path: /^\/v3\/papay\/pay\/transactions\/apply$/,
    answer: (call, { body }) =>
      withBody(call, parseContractCharge(body), (value) => chargeByContract(call, "papayApply", value)),
  },
  {
    method: "POST",
    path: /^\/v3\/global\/papay\/transactions$/,
    answer: (call, { body }) =>
      withBody(call, parseContractCharge(body), (value) => chargeByContract(call, "papayAtOnce", value)),
  },
  {
    method: "GET",
    path: /^\/v3\/(?:pay|papay\/pay|global\/papay)\/transactions\/out-trade-no\/([^/]+)$/,
    answer: (call, { number, search }) => {
      if (!search.get("mchid")) return refusal("PARAM_ERROR", "缺少mchid")
      return search.get("mchid") === call.mchid ? query(call, number) : refusal("NO_AUTH")
    },
  },
  {
    method: "POST",
    path: /^\/v3\/pay\/transactions\/out-trade-no\/([^/]+)\/reverse$/,
    answer: (call, { number, body }) => withBody(call, parseReverse(body), () => reverse(call, number)),
  },
  {
    method: "POST",
    path: /^\/v3\/global\/papay\/transactions\/out-trade-no\/([^/]+)\/reverse$/,
    answer: (call, { number, body }) => withBody(call, parseReverse(body), () => closeUnpaid(call, number)),
  },
  {
    method: "POST",
    path: /^\/v3\/refund\/domestic\/refunds$/,
    answer: (call, { body }) => {
      const parsed = parseRefund(body)
      return parsed.ok ? refund(call, parsed.value) : parsed.answer
    },
  },
  {
    method: "GET",
    path: /^\/v3\/refund\/domestic\/refunds\/([^/]+)$/,
    answer: (call, { number }) => queryRefund(call, number),
  },
]

/** The answer of the endpoint that a signed request names. */
export function route(call: SignedCall, request: { method: string; target: string; body: string }): Answer {
  const url = new URL(request.target, "http://channel")
  for (const { method, path, answer } of ROUTES) {
    const match = method === request.method ? path.exec(url.pathname) : null
    if (!match) continue
    const number = decodedOrUndefined(match[1] ?? "")
    if (number === undefined) return refusal("PARAM_ERROR")
    return answer(call, { number, search: url.searchParams, body: request.body })
  }
  return refusal("RESOURCE_NOT_EXISTS")
}

/** Refuses what is ill-formed, and what names another merchant or an appid that is not bound to this one. */
function withBody<T extends { mchid?: string; appid?: string }>(
  call: SignedCall,
  parsed: Parsed<T>,
  answer: (value: T) => Answer,
): Answer {
  if (!parsed.ok) return parsed.answer
  const { mchid, appid } = parsed.value
  if (mchid !== undefined && mchid !== call.mchid) return refusal("NO_AUTH", "商户号与签名的商户号不一致")
  if (appid !== undefined && !call.appids.includes(appid)) return refusal("APPID_MCHID_NOT_MATCH")
  return answer(parsed.value)
}

function decodedOrUndefined(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

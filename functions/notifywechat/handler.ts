import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda"
import { readNotification } from "../../channels/wechat/notification.ts"
import { orderAndLegOf } from "../../domain/order-number.ts"
import { logCall, logFault } from "../../http/call-log.ts"
import { readEnvironment } from "../environment.ts"
import { clock, once, random } from "../machine.ts"
import { pollQueue } from "../poll-queue.ts"
import { queryPlans } from "../query-plans.ts"
import { dataSecrets } from "../secrets.ts"
import { wechatAccounts } from "../wechat-accounts.ts"

const environment = readEnvironment()
const secrets = dataSecrets(environment)
const polls = pollQueue(environment)
const accounts = once(async () => wechatAccounts(await secrets.merchants()))
const lastStep = queryPlans(environment)("wechat")?.length ?? 0

/**
 * WeChat tells that something became of a payment. Its word is only a reason to ask: the order is asked about like any other,
 * so that a doubled, late or contradictory notification can do no harm. Answered 2xx once the question is on its way.
 */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const arrivedMs = clock.monotonicMs()
  const nowMs = clock.nowMs()
  const requestId = random.id(nowMs)
  const { merchant_id = "", account_id = "", version = "" } = event.pathParameters ?? {}
  const answer = (statusCode: number, code: string, tradeNo?: string) => {
    const ms = clock.monotonicMs() - arrivedMs
    logCall({ call: "notifywechat", requestId, merchantId: merchant_id, tradeNo, code, ms })
    return statusCode === 204
      ? { statusCode }
      : { statusCode, body: JSON.stringify({ code: "FAIL", message: code }) }
  }
  try {
    const of = {
      merchantId: merchant_id,
      channel: "wechat",
      accountId: account_id,
      settingsVersion: Number(version),
    } as const
    const account = await (await accounts())(of).catch(() => undefined)
    if (!account) return answer(404, "ACCOUNT_UNKNOWN")
    const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8")
    const read = readNotification(account, new Headers(definedIn(event.headers)), body, nowMs)
    if (!read.ok) return answer(401, read.why)
    const found = orderAndLegOf(read.channelOrderNo)
    // Not one of our numbers: nothing to ask, and no reason for WeChat to say it again.
    if (!found) return answer(204, "NOT_OURS")
    await polls.send("wechat", { ...found, step: lastStep }, 0)
    return answer(204, "SUCCESS", found.tradeNo)
  } catch (fault) {
    logFault("notifywechat", requestId, fault)
    return answer(500, "SYSTEM_ERROR")
  }
}

function definedIn(headers: Record<string, string | undefined>): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
}

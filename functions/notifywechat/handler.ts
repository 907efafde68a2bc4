import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda"
import { readNotification } from "../../channels/wechat/notification.ts"
import { orderAndLegOf } from "../../domain/order-number.ts"
import { callLog } from "../../http/call-log.ts"
import { AccountUnknown } from "../../persistence/merchant-items.ts"
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
 * so that a doubled, late or contradictory notification can do no harm. Answered 2xx once the question is on its way, and
 * logged only where it was not: most payments notify, and a line each would nearly double what they log.
 */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const arrivedMs = clock.monotonicMs()
  const nowMs = clock.nowMs()
  const log = callLog("notifywechat", random.id(nowMs))
  const { merchant_id = "", account_id = "", version = "" } = event.pathParameters ?? {}
  const refuse = (statusCode: number, code: string, merchantId?: string) => {
    log.end({ merchantId, channel: "wechat", code, ms: clock.monotonicMs() - arrivedMs })
    return { statusCode, body: JSON.stringify({ code: "FAIL", message: code }) }
  }
  try {
    const of = {
      merchantId: merchant_id,
      channel: "wechat",
      accountId: account_id,
      settingsVersion: Number(version),
    } as const
    const account = await (await accounts())(of).catch((fault) => {
      if (fault instanceof AccountUnknown) return undefined
      throw fault
    })
    if (!account) return refuse(404, "ACCOUNT_UNKNOWN")
    const body = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8")
    const read = readNotification(account, new Headers(definedIn(event.headers)), body, nowMs)
    if (!read.ok) return refuse(401, REFUSALS[read.why], merchant_id)
    const found = orderAndLegOf(read.channelOrderNo)
    if (!found) {
      // Not one of our numbers: nothing to ask, and no reason for WeChat to say it again.
      refuse(204, "NOT_OURS", merchant_id)
      return { statusCode: 204 }
    }
    await polls.send("wechat", { ...found, step: lastStep }, 0)
    return { statusCode: 204 }
  } catch (fault) {
    log.fault(fault)
    return refuse(500, "SYSTEM_ERROR")
  }
}

const REFUSALS = {
  "no APIv3 key": "KEY_MISSING",
  "not signed by WeChat": "SIGNATURE_INVALID",
  unreadable: "UNREADABLE",
  "another merchant's": "MERCHANT_MISMATCH",
} as const

function definedIn(headers: Record<string, string | undefined>): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
}

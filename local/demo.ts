/** `npm run demo`: its own platform, the main job played aloud, one line a step. */
import { createPublicKey } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { checkBillFile } from "../sdk/bill-proof.ts"
import { MetroPayClient } from "../sdk/client.ts"
import { SYSTEM_CLOCK } from "../sdk/clock.ts"
import { MetroPayError } from "../sdk/errors.ts"
import type { Bill } from "../sdk/messages.ts"
import { startPlatform } from "./platform.ts"

const HOUR_MS = 3_600_000
const SHOP = { store_id: "SZTX001", body: "矿泉水 2 瓶" }

const dataDir = mkdtempSync(join(tmpdir(), "metro-pay-demo-"))
say("启动本地平台 starting a platform of its own")
const platform = await startPlatform({ port: 0, dataDir, speed: 20, log: () => {} })
try {
  await play(platform.url)
} finally {
  await platform.close()
  rmSync(dataDir, { recursive: true, force: true })
}

async function play(baseUrl: string): Promise<void> {
  const customer = await customerApp(baseUrl, "U10001")
  const till = tillOf(join(dataDir, "demo", "M10001"), baseUrl)

  const code = await customer.showCode()
  say(`顾客出示消费码 the customer shows a code: ${code.qrcode}, valid until ${code.expires_at}`)
  say(`收银台查询用户 whose is it: ${(await till.queryUid({ qrcode: code.qrcode })).uid}`)

  const paid = await till.applyPay({ ...SHOP, qrcode: code.qrcode, total_fee: 600 })
  expect(paid.outcome, "paid")
  say(`扣款 6.00 元 charged: ${paid.data?.pay_status} ${paid.data?.pay_out_trade_no}`)
  await showBooks(baseUrl, paid.data?.pay_out_trade_no)
  say(`顾客手机显示 the customer's phone says: ${(await customer.watch(code.pay_id)).status}`)

  const again = await till.orderQuery({ out_request_no: paid.out_request_no })
  say(`再次查询 asked again: ${again.pay_status}, the same order ${again.pay_out_trade_no}`)

  const used = await till.applyPay({ ...SHOP, qrcode: code.qrcode, total_fee: 600 })
  expect(used.outcome, "failed")
  say(`同一消费码再付 the same code once more: ${used.data?.pay_err_code} ${used.data?.pay_err_desc}`)

  const poor = await customer.showCode()
  const refused = await till.applyPay({ ...SHOP, qrcode: poor.qrcode, total_fee: 901 })
  expect(refused.outcome, "failed")
  say(`余额不足 balance too small: ${refused.data?.pay_err_code} ${refused.data?.pay_err_desc}`)

  const third = await customer.showCode()
  say("微信扣款后无法应答 WeChat takes the money and answers with an error: the result is unknown …")
  const unknown = await till.applyPay({ ...SHOP, qrcode: third.qrcode, total_fee: 906 })
  expect(unknown.outcome, "paid")
  say(`… 平台向微信查询后确认 and the platform asks until it knows: ${unknown.data?.pay_status}`)
  await showBooks(baseUrl, unknown.data?.pay_out_trade_no)

  const lost = await till.reverse({ out_request_no: paid.out_request_no })
  expect(lost.recall, "N")
  say(`当日撤销 the first payment is reversed on the same day: recall ${lost.recall}, ${lost.reverse_time}`)
  await showBooks(baseUrl, lost.pay_out_trade_no)

  const fourth = await customer.showCode()
  say("微信没有回答，也查不到订单 WeChat neither answers nor knows the order, and the till reverses it …")
  const silent = await till.applyPay(
    { ...SHOP, qrcode: fourth.qrcode, total_fee: 905 },
    { deadlineMs: 12_000 },
  )
  expect(silent.outcome, "unknown")
  const undone = await till.reverse({ out_request_no: silent.out_request_no }, { deadlineMs: 60_000 })
  expect(undone.recall, "N")
  const closed = await till.orderQuery({ out_request_no: silent.out_request_no })
  say(
    `… 平台确认未扣款后关闭订单 and the platform closes it once nothing can come any more: ${closed.pay_status}`,
  )
  await showBooks(baseUrl, undone.pay_out_trade_no)

  const foreign = await till.applyPay({ ...SHOP, qrcode: "134567890123456789", total_fee: 250 })
  expect(foreign.outcome, "paid")
  say(
    `微信自己的付款码 a code of WeChat's own: ${foreign.data?.pay_status} ${foreign.data?.pay_type_trade_no}`,
  )

  const part = await till.refund({ out_request_no: foreign.out_request_no, refund_fee: 100 })
  expect(part.pay_refund_status, "RS_SUCCESS")
  say(`退款 1.00 元 a part is refunded: ${part.pay_refund_status} ${part.pay_refund_id}`)
  await showBooks(baseUrl, part.pay_out_trade_no)

  await billOfToday(baseUrl)
  say("演示结束 done")
}

/** The clock goes on to the next morning, when the bills of today are made. */
async function billOfToday(baseUrl: string): Promise<void> {
  const shanghai = new Date(Date.now() + 8 * HOUR_MS)
  const date = shanghai.toISOString().slice(0, 10).replaceAll("-", "")
  const sinceMidnightMs = shanghai.getTime() % (24 * HOUR_MS)
  const { now } = await json<{ now: string }>(`${baseUrl}/local/clock`, {
    method: "POST",
    body: JSON.stringify({ advance_ms: 26 * HOUR_MS - sinceMidnightMs }),
  })
  const aheadMs = Date.parse(now) - Date.now()
  const clock = { ...SYSTEM_CLOCK, nowMs: () => Date.now() + aheadMs }
  const till = tillOf(join(dataDir, "demo", "M10001"), baseUrl, clock)
  say("次日凌晨两点出账 the next morning at two the bill of today is made …")
  const bill = await madeBill(till, date)
  for (const of of bill.bill_infos) {
    say(
      `… ${of.pay_type}: 支付 paid ${of.total_count} × ${of.total_amount}, 撤销 reversed ${of.reverse_amount}, 退款 refunded ${of.refund_amount}`,
    )
  }
  const download = await till.billDownload({ date })
  const file = Buffer.from(await (await fetch(download.url)).arrayBuffer())
  const { merchantId, rootKey } = merchantIn(join(dataDir, "demo", "M10001"))
  const checked = checkBillFile(file, download, rootKey, merchantId)
  expect(checked.ok ? "verified" : checked.why, "verified")
  say(
    `账单文件签名已验证 its file is signed: ${download.lines} lines, sha256 ${download.sha256.slice(0, 16)}…`,
  )
}

async function madeBill(till: MetroPayClient, date: string): Promise<Bill> {
  for (const end = performance.now() + 60_000; ; ) {
    try {
      return await till.bill({ date })
    } catch (error) {
      const notYet = error instanceof MetroPayError && error.code === "BILL_NOT_READY"
      if (!notYet || performance.now() > end) throw error
      await SYSTEM_CLOCK.sleep(500)
    }
  }
}

type ShownCode = { qrcode: string; pay_id: string; expires_at: string }

async function customerApp(baseUrl: string, uid: string) {
  const { token } = await json<{ token: string }>(`${baseUrl}/local/token`, {
    method: "POST",
    body: JSON.stringify({ uid }),
  })
  const call = async <T>(method: string, path: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await json<{ data: T }>(`${baseUrl}/metro/payment/v1/app${path}`, { method, headers })
    return answer.data
  }
  return {
    showCode: () => call<ShownCode>("POST", "/code"),
    watch: (payId: string) => call<{ status: string }>("GET", `/payments/${payId}`),
  }
}

function merchantIn(folder: string) {
  const merchant = JSON.parse(readFileSync(join(folder, "merchant.json"), "utf8"))
  const rootKey = createPublicKey({ key: merchant.platform_root_key, format: "jwk" })
  return { merchantId: String(merchant.merchant_id), rootKey }
}

function tillOf(folder: string, baseUrl: string, clock = SYSTEM_CLOCK): MetroPayClient {
  const read = (file: string) => readFileSync(join(folder, file), "utf8")
  const merchant = JSON.parse(read("merchant.json"))
  return new MetroPayClient({
    baseUrl,
    merchantId: merchant.merchant_id,
    keyId: merchant.key_id,
    privateKey: read("private_key.pem"),
    platformKeys: JSON.parse(read("platform_keys.json")),
    platformRootKey: merchant.platform_root_key,
    clock,
  })
}

async function showBooks(baseUrl: string, order: string | undefined): Promise<void> {
  const books = await json<{ charged: number; returned: number }>(
    `${baseUrl}/local/channels/wechat/books?order=${order}`,
  )
  say(`微信账上 in WeChat's books: charged ${books.charged}, returned ${books.returned}`)
}

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  const response = await fetch(url, init)
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

function expect(found: string, wanted: string): void {
  if (found !== wanted) throw new Error(`the demo expected "${wanted}" and met "${found}"`)
}

function say(line: string): void {
  process.stdout.write(`· ${line}\n`)
}

import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import type { Payment, PayStatus } from "../../sdk/messages.ts"
import type { Machine } from "./machine.ts"
import type { Till } from "./open-till.ts"
import { waitFor } from "./wait-for.ts"

/** An order at the till, by both its numbers. */
export type OpenOrder = { outRequestNo: string; tradeNo: string; amountFen: number }

/** Pays by a scanned code. Whatever the till is told was signed by the platform: the SDK throws where it was not. */
export async function payAtOnce(
  { client }: Till,
  { channels }: Machine,
  { amountFen = 600, notifyUrl }: { amountFen?: number; notifyUrl?: string } = {},
): Promise<OpenOrder> {
  const request = { ...purchase(amountFen), ...(notifyUrl ? { notify_url: notifyUrl } : {}) }
  const { outcome, out_request_no, data } = await client.applyPay(request)
  assert.equal(outcome, "paid")
  const order = { outRequestNo: out_request_no, tradeNo: data?.pay_out_trade_no ?? "", amountFen }
  assert.deepEqual(moneyAt(channels, order), { charged: amountFen, returned: 0 })
  return order
}

/** One call and no more; the channel waits for the customer's password. What becomes of that, the amount decides. */
export async function leaveOpen({ client, connection }: Till, amountFen: number): Promise<OpenOrder> {
  const request = { ...purchase(amountFen), out_request_no: client.newRequestNo() }
  const { pay_status, pay_out_trade_no } = await connection.call<Payment>("applypay", request)
  assert.equal(pay_status, "PS_PAYING")
  return { outRequestNo: request.out_request_no, tradeNo: pay_out_trade_no, amountFen }
}

export async function statusOf({ client }: Till, { outRequestNo }: OpenOrder): Promise<PayStatus> {
  return (await client.orderQuery({ out_request_no: outRequestNo })).pay_status
}

/** Asks until the order has come to this end, and compares the channel's books. */
export async function waitForEnd(
  till: Till,
  { channels }: Machine,
  order: OpenOrder,
  end: { status: PayStatus; chargedFen: number; withinMs: number },
): Promise<void> {
  await waitFor(`the end of the order over ${order.amountFen} fen`, end.withinMs, async () => {
    const status = await statusOf(till, order)
    if (status !== end.status) assert.equal(status, "PS_PAYING")
    return status === end.status
  })
  assert.deepEqual(moneyAt(channels, order), { charged: end.chargedFen, returned: 0 })
}

/** A WeChat code as a phone shows it: 18 digits, the first two 10 to 15 (docs/codes.md). */
function purchase(amountFen: number) {
  const qrcode = `13${Array.from({ length: 16 }, () => randomInt(10)).join("")}`
  return { qrcode, body: "早餐", total_fee: amountFen, store_id: "SZTX001" }
}

/** What the channel's books say of it, in fen. */
export function moneyAt(channels: Machine["channels"], { tradeNo }: OpenOrder) {
  const books = channels.simulators.wechat?.books(tradeNo)
  return { charged: books?.charged, returned: books?.returned }
}

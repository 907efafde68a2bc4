import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import type { Payment, PayStatus } from "../../sdk/messages.ts"
import type { Machine } from "./machine.ts"
import type { Till } from "./open-till.ts"

/** An order at the till, by both its numbers. */
export type OpenOrder = { outRequestNo: string; tradeNo: string; amountFen: number }

/** Pays by a scanned code. Whatever the till is told was signed by the platform: the SDK throws where it was not. */
export async function payAtOnce({ client }: Till, { channels }: Machine): Promise<OpenOrder> {
  const amountFen = 600
  const { outcome, out_request_no, data } = await client.applyPay(purchase(amountFen))
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
  const untilMs = performance.now() + end.withinMs
  for (;;) {
    const status = await statusOf(till, order)
    if (status === end.status) break
    assert.equal(status, "PS_PAYING")
    assert.ok(performance.now() < untilMs, `the order over ${order.amountFen} fen does not end`)
    await sleep(500)
  }
  assert.deepEqual(moneyAt(channels, order), { charged: end.chargedFen, returned: 0 })
}

/** A WeChat code as a phone shows it: 18 digits, the first two 10 to 15 (docs/codes.md). */
function purchase(amountFen: number) {
  const qrcode = `13${Array.from({ length: 16 }, () => randomInt(10)).join("")}`
  return { qrcode, body: "早餐", total_fee: amountFen, store_id: "SZTX001" }
}

function moneyAt(channels: Machine["channels"], { tradeNo }: OpenOrder) {
  const books = channels.simulators.wechat?.books(tradeNo)
  return { charged: books?.charged, returned: books?.returned }
}

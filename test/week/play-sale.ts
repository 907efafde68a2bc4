/** One sale, as its till plays it: charges, follows up what was not answered, reverses. */
import { setTimeout as sleep } from "node:timers/promises"
import type { Seeded } from "../simulation/seeded-random.ts"
import { askRefund } from "./ask-refund.ts"
import type { CodeKind, Sale } from "./day-plan.ts"
import type { Answer, RunningChain } from "./running-chain.ts"
import { hearOrder, hearReversal, type ToldOrder } from "./told.ts"

/** How long after the charge began it is reversed, by the story that reverses meanwhile. */
const MEANWHILE_MS = 300

/** Plays all of the sale that belongs to its own day. */
export async function playSale(chain: RunningChain, random: Seeded, order: ToldOrder): Promise<void> {
  const { sale } = order
  const qrcode = await codeOf(chain, random, sale.code, sale.merchantId)
  switch (sale.story) {
    case "charges twice at once":
      await Promise.all([charge(chain, order, qrcode), charge(chain, order, qrcode)])
      return
    case "reverses before it charges":
      await reverse(chain, order)
      await charge(chain, order, qrcode)
      return
    case "reverses while it charges":
      await Promise.all([charge(chain, order, qrcode), sleep(MEANWHILE_MS).then(() => reverse(chain, order))])
      return
  }
  await charge(chain, order, qrcode)
  if (sale.story === "reverses" || sale.story === "reverses, then refunds") await reverse(chain, order)
  if (sale.story === "reverses by the platform's number") await reverse(chain, order, "pay_out_trade_no")
  for (const plan of sale.refunds) {
    if (plan.daysLater === 0) await askRefund(chain, order, plan)
  }
  if (sale.story === "refunds, then reverses") await reverse(chain, order)
}

/** The rest of it, on a later day. */
export async function playLater(chain: RunningChain, order: ToldOrder, daysLater: number): Promise<void> {
  for (const plan of order.sale.refunds) {
    if (plan.daysLater === daysLater) await askRefund(chain, order, plan)
  }
  if (order.sale.story === "reverses tomorrow" && daysLater === 1) await reverse(chain, order)
}

async function charge(chain: RunningChain, order: ToldOrder, qrcode: string): Promise<void> {
  const { merchantId, outRequestNo, totalFen, storeId, onSilence } = order.sale
  const request = {
    out_request_no: outRequestNo,
    qrcode,
    body: "早餐 豆浆两杯",
    total_fee: totalFen,
    store_id: storeId,
  }
  const said = await chain.ask(merchantId, "applypay", request)
  if (!said.silent) return heard(order, said)
  // Sent again it is the same order; asked about, it may never have arrived, and then its number is closed.
  const again =
    onSilence === "sends again"
      ? await chain.askUntilHeard(merchantId, "applypay", request)
      : await chain.askUntilHeard(merchantId, "orderquery", { out_request_no: outRequestNo })
  if (again.code === "ORDER_NOT_FOUND") await reverse(chain, order)
  else heard(order, again)
}

function heard(order: ToldOrder, { code, data }: Answer): void {
  if (code === "SUCCESS") hearOrder(order, data)
  else order.contradictions.push(`${order.sale.outRequestNo}: charging it was answered ${code}`)
}

type Named = "out_request_no" | "pay_out_trade_no"

async function reverse(chain: RunningChain, order: ToldOrder, by: Named = "out_request_no"): Promise<void> {
  const { merchantId, outRequestNo } = order.sale
  const byTradeNo = by === "pay_out_trade_no" && order.tradeNo !== undefined
  const name = byTradeNo ? { pay_out_trade_no: order.tradeNo } : { out_request_no: outRequestNo }
  const before = order.reversing
  order.reversing = true
  const { code, data } = await chain.askUntilHeard(merchantId, "reverse", name)
  if (code === "SUCCESS") return hearReversal(order, data)
  order.reversing = before
  if (!mayRefuseReversal(order, code, chain.today())) {
    order.contradictions.push(`${outRequestNo}: its reversal was refused: ${code}`)
  }
}

/** On a later day the day is over; once something was refunded, or may be, the whole cannot go back any more. */
function mayRefuseReversal({ paid, refunds }: ToldOrder, code: string, today: string): boolean {
  if (code === "REVERSE_WINDOW_CLOSED") return paid === undefined || paid.date < today
  return code === "ORDER_STATE_FORBIDS" && refunds.some(({ refused }) => refused === undefined)
}

async function codeOf(
  chain: RunningChain,
  random: Seeded,
  kind: CodeKind,
  merchantId: Sale["merchantId"],
): Promise<string> {
  switch (kind) {
    case "own":
      return chain.showCode(merchantId)
    case "wechat":
      return `1${random.between(0, 5)}${random.digits(16)}`
    case "alipay":
      return `28${random.digits(16)}`
    case "none":
      return `77${random.digits(16)}`
  }
}

/** A paid order of 500 fen in the small shop, and what became of its refunds: for tests of the refunds' use cases. */
import assert from "node:assert/strict"
import { refundIdOf } from "../../domain/refund-number.ts"
import { heldFen } from "../../domain/reservation.ts"
import { refundStep } from "../../usecases/refund-step.ts"
import { MERCHANT_ID, openShop, payRequest, WECHAT_CODE } from "./small-shop.ts"

export const TOTAL_FEN = 500
export const SILENCE = { kind: "unknown", cause: "time-out" } as const
export const KEPT = { kind: "refused", channelCode: "NOT_ENOUGH" } as const
const STEP_MS = 10_000

export type RefundedOrder = Awaited<ReturnType<typeof paidOrder>>

export async function paidOrder() {
  const shop = await openShop()
  const paid = await shop.pay(payRequest(WECHAT_CODE, { totalFen: TOTAL_FEN }))
  assert.ok(paid.ok && paid.order.state === "PAID")
  shop.polls.length = 0
  const { tradeNo } = paid.order
  const refundIdFor = (outRefundNo = "F1") => refundIdOf(MERCHANT_ID, outRefundNo)
  return {
    shop,
    tradeNo,
    refundIdFor,
    stored: (outRefundNo = "F1") => shop.tables.refunds.get(refundIdFor(outRefundNo)),
    order: () => {
      const order = shop.tables.orders.get(tradeNo)
      assert.ok(order)
      return order
    },
    heldFen: () => heldFen(shop.tables.orders.get(tradeNo)?.reservations ?? []),
    desk: async () => (await shop.stores.exceptions.list(10)).map(({ kind, lastTried }) => [kind, lastTried]),
    /** Lets the time pass that the plan leaves between two steps. */
    nextWait: () => shop.wait(shop.ports.settings.refundPlanMs[0] ?? 0),
    /** One step of the workflow, with time going on until it is done. */
    async step(outRefundNo = "F1", ports = shop.ports) {
      const due = shop.time.monotonicMs() + STEP_MS
      const [step] = await Promise.all([refundStep(ports, refundIdFor(outRefundNo), due), shop.time.run()])
      return step
    },
  }
}

/** The same with a refund of 200 fen whose first asking met silence; its lease is let go, and the plan's first wait is over. */
export async function unknownRefund() {
  const it = await paidOrder()
  it.shop.channel.onRefund = async () => SILENCE
  const asked = await it.shop.refund("F1", 200)
  assert.ok(asked.ok && asked.refund.state === "PROCESSING")
  await it.nextWait()
  it.shop.polls.length = 0
  it.shop.channel.refunds.length = 0
  return it
}

/** The same with a refund of 200 fen that the channel refused. */
export async function failedRefund() {
  const it = await paidOrder()
  it.shop.channel.onRefund = async () => KEPT
  const asked = await it.shop.refund("F1", 200)
  assert.ok(asked.ok && asked.refund.state === "FAILED")
  it.shop.channel.refunds.length = 0
  it.shop.channel.refundQueries.length = 0
  return it
}

import assert from "node:assert/strict"
import { letTellThisMachine } from "./deployed-functions.ts"
import type { Machine } from "./machine.ts"
import { makeBills, readBill } from "./made-bills.ts"
import type { Till } from "./open-till.ts"
import { payAtOnce } from "./paying.ts"
import {
  FIRST_REFUND_LOST_FEN,
  type PartBack,
  refundByQueue,
  refundByWorkflow,
  refundPart,
} from "./refunding.ts"
import { step } from "./step.ts"
import { openEndpoint, type ToldMerchant } from "./told-merchant.ts"
import { waitFor } from "./wait-for.ts"

const TOLD_WITHIN_MS = 30_000

/** What a stage does beside taking payments: it gives money back, tells merchants, makes bills. */
export async function workBesidePaying(machine: Machine, till: Till): Promise<void> {
  const merchant = await openEndpoint(machine)
  await step("lets the stage tell a merchant on this machine", () =>
    letTellThisMachine(machine.emulator, machine.stage),
  )
  const pay = (amountFen: number) => payAtOnce(till, machine, { amountFen, notifyUrl: merchant.url })
  const refunds = await step("refunds: within the call, by the poll queue, by the workflow", async () =>
    Promise.all([
      refundPart(till, machine, await pay(1_000)),
      refundByQueue(till, machine, await pay(FIRST_REFUND_LOST_FEN)),
      refundByWorkflow(till, machine, await pay(FIRST_REFUND_LOST_FEN)),
    ]),
  )
  await step("the merchant is told of each payment and refund, signed", () =>
    waitUntilTold(merchant, refunds),
  )
  await step("the day's bills are made; the merchant's is empty and signed", async () => {
    await makeBills(machine)
    await readBill(till, machine)
  })
  await step("operators see the refunds and what was told", () => lookAsOperator(machine, refunds))
  assertToldOnce(merchant, refunds)
}

async function waitUntilTold(merchant: ToldMerchant, refunds: readonly PartBack[]): Promise<void> {
  await waitFor("a notification", TOLD_WITHIN_MS, async () => merchant.heard.length >= 2 * refunds.length)
  assertToldOnce(merchant, refunds)
}

function assertToldOnce({ heard, refused }: ToldMerchant, refunds: readonly PartBack[]): void {
  assert.deepEqual(refused, [])
  const told = heard.map(({ event_type, data }) => {
    const subject =
      "pay_refund_id" in data ? data.pay_refund_id : "pay_out_trade_no" in data && data.pay_out_trade_no
    return `${event_type} ${subject}`
  })
  const ends = refunds.flatMap(({ refundId, order }) => [
    `payment.succeeded ${order.tradeNo}`,
    `refund.succeeded ${refundId}`,
  ])
  assert.deepEqual(told.sort(), ends.sort())
}

async function lookAsOperator({ operator }: Machine, refunds: readonly PartBack[]): Promise<void> {
  const [undelivered, ...shown] = await Promise.all([
    operator.look("notifications", "list"),
    ...refunds.map(({ refundId }) => operator.look("refunds", "show", refundId)),
    ...refunds.map(({ order }) => operator.look("notifications", "show", order.tradeNo)),
  ])
  assert.match(undelivered, /Every merchant was told/)
  for (const refund of shown.slice(0, refunds.length)) assert.match(refund, /SUCCEEDED: the money went back/)
  for (const told of shown.slice(refunds.length))
    assert.equal(told.match(/DELIVERED, 1 attempt/g)?.length, 2, told)
}

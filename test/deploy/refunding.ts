import assert from "node:assert/strict"
import type { Refund } from "../../sdk/messages.ts"
import { waitForExecution } from "./executions.ts"
import type { Machine } from "./machine.ts"
import type { Till } from "./open-till.ts"
import { moneyAt, type OpenOrder } from "./paying.ts"
import { waitFor } from "./wait-for.ts"

const REFUND_FEN = 300
const LATEST_END_MS = 60_000

/** What the stage is told to wait before it asks the channel about a refund: once, then the workflow goes on. */
export const REFUND_PLAN_MS = [3_000]

/** A payment of which the channel neither executes nor answers the first call for each refund. */
export const FIRST_REFUND_LOST_FEN = 3_910

/** A part of a payment, by its own number and its order. */
export type PartBack = { refundId: string; order: OpenOrder }

/** It goes back within the call. */
export async function refundPart(
  { client }: Till,
  { channels }: Machine,
  order: OpenOrder,
): Promise<PartBack> {
  const said = await client.refund({ out_request_no: order.outRequestNo, refund_fee: REFUND_FEN })
  assert.deepEqual([said.pay_refund_status, said.pay_refund_fee], ["RS_SUCCESS", REFUND_FEN])
  assertMoved(channels, order)
  return { refundId: said.pay_refund_id, order }
}

/** One call; the poll queue then brings it to its end. */
export async function refundByQueue(till: Till, { channels }: Machine, order: OpenOrder): Promise<PartBack> {
  const refundId = await refundUnanswered(till, order)
  await waitFor(
    "the end of the refund",
    LATEST_END_MS,
    async () => (await statusOf(till, refundId)) === "RS_SUCCESS",
  )
  assertMoved(channels, order)
  return { refundId, order }
}

/** One call; the poll queue's question is lost too, so that the workflow must bring it to its end. */
export async function refundByWorkflow(
  till: Till,
  { channels, emulator, fronts }: Machine,
  order: OpenOrder,
): Promise<PartBack> {
  const refundId = await refundUnanswered(till, order)
  // A merchant's own question would wake a further poll, so nobody asks before the workflow has ended.
  await fronts.wechat.refuseNext(refundId)
  await waitForExecution(emulator, "finish-refund", refundId)
  assert.equal(await statusOf(till, refundId), "RS_SUCCESS")
  assertMoved(channels, order)
  return { refundId, order }
}

async function refundUnanswered({ client, connection }: Till, order: OpenOrder): Promise<string> {
  const request = {
    out_request_no: order.outRequestNo,
    out_refund_no: client.newRequestNo(),
    refund_fee: REFUND_FEN,
  }
  const said = await connection.call<Refund>("refund", request)
  assert.equal(said.pay_refund_status, "RS_PROCESSING")
  return said.pay_refund_id
}

async function statusOf({ client }: Till, refundId: string): Promise<Refund["pay_refund_status"]> {
  return (await client.refundQuery({ pay_refund_id: refundId })).pay_refund_status
}

function assertMoved(channels: Machine["channels"], order: OpenOrder): void {
  assert.deepEqual(moneyAt(channels, order), { charged: order.amountFen, returned: REFUND_FEN })
}

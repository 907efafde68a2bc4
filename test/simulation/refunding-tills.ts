/** Shop assistants who give money back: all of it, in parts, at once, twice, too much, and while others reverse the order. */
import type { PayRequest } from "../../domain/order.ts"
import { tradeNoOf } from "../../domain/order-number.ts"
import { callRefund, callRefundquery, callReverse, type WantedRefund, withPatience } from "./till-calls.ts"
import type { RefundAnswer, World } from "./world.ts"

const MOST_TRIES = 3

export async function refundSometime(world: World, request: PayRequest): Promise<void> {
  const { time, random } = world
  await time.sleep(random.chance(0.3) ? random.between(0, 20_000) : random.between(20_000, 30 * 60_000))
  const till = { world, request, no: request.outRequestNo.replace("N", "F") }
  // Nobody wants back what was never paid, but for a mistake.
  const order = world.tables.orders.get(tradeNoOf(request.merchantId, request.outRequestNo))
  if (order?.state !== "PAID" && random.chance(0.9)) return
  await random.pick(WAYS)(till)
  if (random.chance(0.4)) await random.pick(WAYS)(till)
}

type Till = { world: World; request: PayRequest; no: string }

const WAYS: readonly ((till: Till) => Promise<unknown>)[] = [
  (till) => refund(till, { outRefundNo: till.no, amountFen: paidFen(till) }),
  (till) => refund(till, somePart(till, till.no)),
  inParts,
  manyAtOnce,
  theSameNumber,
  forTwoOrders,
  whileItIsReversed,
  (till) => refund(till, { outRefundNo: till.no, amountFen: paidFen(till) + 1 }),
]

/** What the order came to, or what the till believes. */
function paidFen({ world, request }: Till): number {
  const order = world.tables.orders.get(tradeNoOf(request.merchantId, request.outRequestNo))
  return order?.totalFen || request.totalFen
}

function somePart(till: Till, outRefundNo: string): WantedRefund {
  return { outRefundNo, amountFen: till.world.random.between(1, paidFen(till)) }
}

/** Part after part up to what was paid, and then one fen more. */
async function inParts(till: Till): Promise<void> {
  const { random } = till.world
  let leftFen = paidFen(till)
  for (let part = 1; leftFen > 0 && part <= 4; part++) {
    const amountFen = part === 4 ? leftFen : random.between(1, leftFen)
    leftFen -= amountFen
    await refund(till, { outRefundNo: `${till.no}-${part}`, amountFen })
  }
  await refund(till, { outRefundNo: `${till.no}-more`, amountFen: 1 })
}

/** Each takes more than half, or all: only one of them can be. */
async function manyAtOnce(till: Till): Promise<void> {
  const { time, random } = till.world
  const amountFen = random.between(Math.ceil(paidFen(till) / 2), paidFen(till))
  const parts = ["a", "b", "c", "d"].map(async (part) => {
    await time.sleep(random.between(0, random.pick([20, 400, 8_000])))
    const outRefundNo = `${till.no}-${part}`
    const told = await refund(till, { outRefundNo, amountFen })
    // A number that was refused is free: it is sent again with what may be left.
    if (told?.refusal === "REFUND_EXCEEDS_PAID") await refund(till, { outRefundNo, amountFen: 1 })
  })
  await Promise.all(parts)
}

/** The same number from two tills, which may differ in the amount. */
async function theSameNumber(till: Till): Promise<void> {
  const { time, random } = till.world
  const first = somePart(till, till.no)
  const second = random.chance(0.5) ? first : somePart(till, till.no)
  const later = time.sleep(random.between(0, random.pick([20, 1_000]))).then(() => refund(till, second))
  await Promise.all([refund(till, first), later])
}

/** One number for this order and for another of the same merchant at the same time. */
async function forTwoOrders(till: Till): Promise<void> {
  const { world, request } = till
  const { random, tables } = world
  const others = [...tables.orders.values()].filter(
    (it) => it.merchantId === request.merchantId && it.outRequestNo !== request.outRequestNo,
  )
  if (others.length === 0) return
  const other = random.pick(others)
  const wanted = { outRefundNo: till.no, amountFen: random.between(1, paidFen(till)) }
  const there = { ...till, request: { ...request, outRequestNo: other.outRequestNo } }
  await Promise.all([refund(till, wanted), refund(there, wanted)])
}

async function whileItIsReversed(till: Till): Promise<void> {
  const { world, request } = till
  const { time, random } = world
  const reversal = time
    .sleep(random.between(0, random.pick([20, 600])))
    .then(() => callReverse(world, request.merchantId, { outRequestNo: request.outRequestNo }))
  await time.sleep(random.between(0, 30))
  await Promise.all([refund(till, somePart(till, till.no)), withPatience(world, reversal)])
}

/** Sends a call, and again until it is answered for good or the assistant gives up. */
async function refund({ world, request }: Till, wanted: WantedRefund): Promise<RefundAnswer | undefined> {
  const { time, random } = world
  const { merchantId, outRequestNo } = request
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const answer = await withPatience(world, callRefund(world, merchantId, outRequestNo, wanted))
    if (answer && isSettled(answer) && random.chance(0.7)) return answer
    await time.sleep(random.chance(0.3) ? random.between(26_000, 120_000) : random.between(50, 5_000))
    if (random.chance(0.4))
      await withPatience(world, callRefundquery(world, merchantId, outRequestNo, wanted.outRefundNo))
  }
  return undefined
}

function isSettled({ refund, refusal }: RefundAnswer): boolean {
  return refund ? refund.state !== "PROCESSING" : refusal !== "SYSTEM_ERROR"
}

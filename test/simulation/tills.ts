/** Customers who show codes, and cashiers who scan them, ask, and reverse: again and again, sometimes wrongly. */
import type { PayRequest } from "../../domain/order.ts"
import { tradeNoOf } from "../../domain/order-number.ts"
import { issueCode } from "../../usecases/consumption-code.ts"
import type { OrderNumbers } from "../../usecases/query-order.ts"
import { refundSometime } from "./refunding-tills.ts"
import { callApplypay, callOrderquery, callReverse, withPatience } from "./till-calls.ts"
import { CUSTOMERS, flicker, MERCHANTS } from "./town.ts"
import type { Answer, World } from "./world.ts"

const MOST_TRIES = 4

/** One customer at one till, from the code that is shown to the last try. */
export async function sale(world: World, no: number): Promise<void> {
  const { time, random } = world
  const code = await showCode(world)
  if (code === undefined) return
  const request: PayRequest = {
    merchantId: random.pick(MERCHANTS),
    outRequestNo: `N${no}`,
    code,
    body: "豆浆",
    totalFen: random.between(2, 50) * 100,
    storeId: "SZTX001",
  }
  await time.sleep(random.chance(0.06) ? random.between(61_000, 70_000) : random.between(200, 5_000))
  if (random.chance(0.25)) time.after(random.between(0, 60), () => void flicker(world, request.merchantId))
  // Reversed before it was ever seen: the number is closed for good.
  if (random.chance(0.04)) await reverse(world, request, "out_request_no")
  const scans = [scan(world, request)]
  if (random.chance(0.12))
    scans.push(time.sleep(random.between(0, 9_000)).then(() => reverse(world, request)))
  if (random.chance(0.06))
    scans.push(time.sleep(random.between(5, 40) * 60_000).then(() => reverse(world, request)))
  if (random.chance(0.05)) scans.push(meddle(world, request))
  while (scans.length < 5 && random.chance(0.5)) {
    const afterMs = random.between(0, random.pick([60, 60, 200, 20_000]))
    scans.push(time.sleep(afterMs).then(() => scan(world, muddled(world, request, scans.length))))
  }
  if (random.chance(0.8)) scans.push(refundSometime(world, request))
  await Promise.all(scans)
}

/** The digits that are scanned: mostly a code of ours, or a channel's, or none at all. */
async function showCode(world: World): Promise<string | undefined> {
  const { random, stores, codeKey, settings, time } = world
  const kind = random.next()
  if (kind < 0.12) return `13${random.digits(16)}`
  if (kind < 0.18) return `28${random.digits(16)}`
  if (kind < 0.21) return `01${random.digits(17)}`
  if (kind < 0.26) return random.digits(12)
  const customerPorts = { clock: time, codeKey, settings, codes: stores.codes, customers: stores.customers }
  const ids = { digits: (count: number) => random.digits(count), id: () => "unused" }
  const payType = random.pick(["CT_WECHAT", "CT_WECHAT", "CT_ALIPAY", "CT_ALIPAY", "CT_UNION"] as const)
  const shown = await issueCode({ ...customerPorts, random: ids }, random.pick(CUSTOMERS), payType)
  return shown?.code
}

/** The same call once more, or what a tired cashier makes of it. */
function muddled({ random }: World, request: PayRequest, again: number): PayRequest {
  switch (random.pick(["same", "same", "other amount", "other number", "other number", "other shop"])) {
    case "other amount":
      return { ...request, totalFen: request.totalFen + 100 }
    case "other number":
      return { ...request, outRequestNo: `${request.outRequestNo}-${again}` }
    case "other shop":
      return { ...request, merchantId: random.pick(MERCHANTS) }
    default:
      return request
  }
}

/** Sends a call, and again until it is answered for good or the cashier gives up, undoes it, or both. */
async function scan(world: World, request: PayRequest): Promise<void> {
  const { time, random } = world
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const answer = await withPatience(world, callApplypay(world, request))
    if (answer && isSettled(answer) && random.chance(0.8)) break
    await time.sleep(random.chance(0.3) ? random.between(26_000, 90_000) : random.between(50, 5_000))
    if (random.chance(0.3)) await ask(world, request)
    if (random.chance(0.08)) await reverse(world, request)
  }
  if (random.chance(0.15)) await reverse(world, request)
}

function isSettled({ order, refusal }: Answer): boolean {
  return order ? order.state !== "PAYING" : refusal === "ORDER_NO_REUSED"
}

async function ask(world: World, request: PayRequest): Promise<void> {
  await withPatience(world, callOrderquery(world, request.merchantId, numbersOf(world, request)))
}

/** Undoes it by one of its numbers, once or twice. */
async function reverse(world: World, request: PayRequest, by?: "out_request_no"): Promise<void> {
  const { random, time } = world
  const { merchantId } = request
  const numbers = by ? { outRequestNo: request.outRequestNo } : numbersOf(world, request)
  const calls = [withPatience(world, callReverse(world, merchantId, numbers))]
  if (random.chance(0.3)) {
    await time.sleep(random.between(0, 3_000))
    calls.push(withPatience(world, callReverse(world, merchantId, numbers)))
  }
  await Promise.all(calls)
  if (random.chance(0.3)) await ask(world, request)
}

function numbersOf({ random }: World, { merchantId, outRequestNo }: PayRequest): OrderNumbers {
  const tradeNo = tradeNoOf(merchantId, outRequestNo)
  return random.pick([{ outRequestNo }, { tradeNo }, { outRequestNo, tradeNo }])
}

/** I10: by the platform's number of another merchant's order, or by one of nobody, there is nothing to see or to undo. */
async function meddle(world: World, { merchantId, outRequestNo }: PayRequest): Promise<void> {
  const { random, time, violations } = world
  await time.sleep(random.between(0, 20_000))
  const other = MERCHANTS.find((it) => it !== merchantId) ?? merchantId
  const tradeNo = random.pick([tradeNoOf(merchantId, outRequestNo), `9${random.digits(25)}`])
  const numbers = random.pick([{ tradeNo }, { tradeNo, outRequestNo: "N0" }])
  const call = random.pick([callReverse, callOrderquery])
  const answer = await withPatience(world, call(world, other, numbers))
  if (answer && answer.refusal !== "ORDER_NOT_FOUND" && answer.refusal !== "SYSTEM_ERROR") {
    violations.push(`I10: ${other} was told about ${outRequestNo} of ${merchantId}`)
  }
}

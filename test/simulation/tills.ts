/** Customers who show codes, and cashiers who scan them, again and again, sometimes wrongly. */
import type { PayRequest } from "../../domain/order.ts"
import { type ApplyPayResult, applyPay } from "../../usecases/apply-pay.ts"
import { issueCode } from "../../usecases/consumption-code.ts"
import { queryOrder } from "../../usecases/query-order.ts"
import { InjectedFault } from "./processes.ts"
import { CUSTOMERS, flicker, KEY_ID, MERCHANTS } from "./town.ts"
import type { World } from "./world.ts"

/** How long a till waits for an answer. */
const TILL_PATIENCE_MS = 15_000
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
  if (random.chance(0.2)) time.after(random.between(0, 60), () => void flicker(world, request.merchantId))
  const scans = [scan(world, request)]
  while (scans.length < 5 && random.chance(0.5)) {
    const afterMs = random.between(0, random.pick([60, 60, 200, 20_000]))
    scans.push(time.sleep(afterMs).then(() => scan(world, muddled(world, request, scans.length))))
  }
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

/** Sends a call, and again until it is answered for good or the cashier gives up. */
async function scan(world: World, request: PayRequest): Promise<void> {
  const { time, random } = world
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const result = await Promise.race([send(world, request), time.sleep(TILL_PATIENCE_MS)])
    if (result && isSettled(result)) {
      if (random.chance(0.8)) return
    }
    await time.sleep(random.chance(0.3) ? random.between(26_000, 90_000) : random.between(50, 5_000))
    if (random.chance(0.3)) await ask(world, request)
  }
}

function isSettled(result: ApplyPayResult): boolean {
  return result.ok ? result.order.state !== "PAYING" : result.refusal.code === "ORDER_NO_REUSED"
}

async function send(world: World, request: PayRequest): Promise<ApplyPayResult> {
  const { process, ports } = world.startProcess("till call")
  const askedAtMs = world.time.monotonicMs()
  const { merchantId, outRequestNo, totalFen } = request
  world.tell(
    `${process.name} sends ${merchantId} ${outRequestNo}, ${totalFen} fen, code …${request.code.slice(-4)}`,
  )
  try {
    const result = await orFault(applyPay(ports, request, { keyId: KEY_ID, arrivedMonotonicMs: askedAtMs }))
    world.answers.push({ request, askedAtMs, toldAtMs: world.time.monotonicMs(), result })
    const told = wordsFor(result)
    world.count(`answer: ${told}`)
    world.tell(`${process.name} is told about ${outRequestNo}: ${told}`)
    return result
  } catch (fault) {
    const message = fault instanceof Error ? fault.message : String(fault)
    world.violations.push(`${process.name} for ${outRequestNo} fell over: ${message}`)
    throw fault
  }
}

/** What the edge makes of a fault: the result is unknown. */
function orFault(answer: Promise<ApplyPayResult>): Promise<ApplyPayResult> {
  return answer.catch((fault) => {
    if (fault instanceof InjectedFault) return { ok: false, refusal: { code: "SYSTEM_ERROR" } }
    throw fault
  })
}

function wordsFor(result: ApplyPayResult): string {
  if (!result.ok) return result.refusal.code
  const { state, failure } = result.order
  return failure ? `${state} ${failure.code}` : state
}

async function ask(world: World, request: PayRequest): Promise<void> {
  const { process, ports } = world.startProcess("query call")
  const numbers = { outRequestNo: request.outRequestNo }
  const told = (answer: string) => {
    world.count(`query: ${answer}`)
    world.tell(`${process.name} asks about ${request.outRequestNo}: ${answer}`)
  }
  const order = queryOrder(ports, request.merchantId, numbers).then(
    (found) => told(found?.state ?? "none"),
    (fault) => {
      if (!(fault instanceof InjectedFault)) throw fault
      told("SYSTEM_ERROR")
    },
  )
  await Promise.race([order, world.time.sleep(TILL_PATIENCE_MS)])
}

/** The calls of a till, as the edge answers them; what each was told is kept, to be held against what is told later. */
import { fingerprintOf, type Order, type PayRequest } from "../../domain/order.ts"
import { tradeNoOf } from "../../domain/order-number.ts"
import type { Refund } from "../../domain/refund.ts"
import { applyPay } from "../../usecases/apply-pay.ts"
import { type OrderNumbers, queryOrder } from "../../usecases/query-order.ts"
import { queryRefund } from "../../usecases/query-refund.ts"
import { refundOrder } from "../../usecases/refund-order.ts"
import type { PlatformPorts } from "./process-ports.ts"
import { InjectedFault } from "./processes.ts"
import { KEY_ID } from "./town.ts"
import type { Answer, RefundAnswer, World } from "./world.ts"

/** How long a till waits for an answer. */
const TILL_PATIENCE_MS = 15_000

export function withPatience<T>({ time }: World, call: Promise<T>): Promise<T | undefined> {
  return Promise.race([call, time.sleep(TILL_PATIENCE_MS).then(() => undefined)])
}

type Told = { order?: Order; refusal?: string; recall?: string }

export function callApplypay(world: World, request: PayRequest): Promise<Answer> {
  const { merchantId, outRequestNo, totalFen, code } = request
  const asked = {
    call: "applypay",
    merchantId,
    outRequestNo,
    fingerprint: fingerprintOf(world.codeKey, request),
  } as const
  const words = `${totalFen} fen, code …${code.slice(-4)}`
  return call(world, "till call", asked, words, async (ports, arrivedMonotonicMs) => {
    const result = await applyPay(ports, request, { keyId: KEY_ID, arrivedMonotonicMs })
    return result.ok ? { order: result.order } : { refusal: result.refusal.code }
  })
}

export function callOrderquery(world: World, merchantId: string, numbers: OrderNumbers): Promise<Answer> {
  const asked = { call: "orderquery", merchantId, outRequestNo: nameIn(world, numbers) } as const
  return call(world, "query call", asked, "", async (ports) => {
    const order = await queryOrder(ports, merchantId, numbers)
    return order ? { order } : { refusal: "ORDER_NOT_FOUND" }
  })
}

export function callReverse(world: World, merchantId: string, numbers: OrderNumbers): Promise<Answer> {
  const asked = { call: "reverse", merchantId, outRequestNo: nameIn(world, numbers) } as const
  return call(world, "reverse call", asked, "", async (ports, monotonicMs) => {
    const { outRequestNo, tradeNo } = numbers
    world.reversalsAsked.add(tradeNo ?? tradeNoOf(merchantId, outRequestNo ?? ""))
    const result = await world.parts.reverse(ports, merchantId, numbers, {
      nowMs: ports.clock.nowMs(),
      monotonicMs,
    })
    return result.ok ? { order: result.order, recall: result.recall } : { refusal: result.refusal.code }
  })
}

export type WantedRefund = { outRefundNo: string; amountFen: number }

/** Asks for a refund of the order of that number. */
export function callRefund(
  world: World,
  merchantId: string,
  outRequestNo: string,
  { outRefundNo, amountFen }: WantedRefund,
): Promise<RefundAnswer> {
  const wanted = { tradeNo: tradeNoOf(merchantId, outRequestNo), amountFen }
  const asked = { call: "refund", merchantId, outRefundNo, wanted } as const
  return refundCall(world, asked, outRequestNo, async (ports, monotonicMs) => {
    const arrived = { nowMs: ports.clock.nowMs(), monotonicMs }
    const request = { outRefundNo, amountFen }
    const result = await refundOrder(ports, merchantId, { outRequestNo }, request, arrived)
    return result.ok ? { refund: result.refund } : { refusal: result.refusal.code }
  })
}

export function callRefundquery(
  world: World,
  merchantId: string,
  outRequestNo: string,
  outRefundNo: string,
): Promise<RefundAnswer> {
  const asked = { call: "refundquery", merchantId, outRefundNo } as const
  return refundCall(world, asked, outRequestNo, async (ports) => {
    const refund = await queryRefund(ports, merchantId, { outRefundNo })
    return refund ? { refund } : { refusal: "REFUND_NOT_FOUND" }
  })
}

async function refundCall(
  world: World,
  asked: Pick<RefundAnswer, "call" | "merchantId" | "outRefundNo" | "wanted">,
  outRequestNo: string,
  work: (ports: PlatformPorts, arrivedMonotonicMs: number) => Promise<{ refund?: Refund; refusal?: string }>,
): Promise<RefundAnswer> {
  const { call, outRefundNo, wanted } = asked
  const { process, ports } = world.startProcess(`${call} call`, `${outRefundNo} of ${outRequestNo}`)
  const askedAtMs = world.time.monotonicMs()
  world.tell(`${process.name} is sent ${wanted ? `for ${wanted.amountFen} fen` : ""}`)
  const told = await work(ports, askedAtMs).catch((fault) => faultAnswer(world, process.name, fault))
  const answer: RefundAnswer = { ...asked, ...told, askedAtMs, toldAtMs: world.time.monotonicMs() }
  world.refundAnswers.push(answer)
  const heard = answer.refund?.state ?? answer.refusal ?? "nothing"
  world.count(`${call}: ${heard}`)
  world.tell(`${process.name} is told ${heard}`)
  return answer
}

function nameIn(world: World, { outRequestNo, tradeNo }: OrderNumbers): string {
  return outRequestNo ?? world.nameOf(tradeNo ?? "")
}

async function call(
  world: World,
  kind: string,
  asked: Pick<Answer, "call" | "merchantId" | "outRequestNo" | "fingerprint">,
  words: string,
  work: (ports: PlatformPorts, arrivedMonotonicMs: number) => Promise<Told>,
): Promise<Answer> {
  const { process, ports } = world.startProcess(kind, asked.outRequestNo)
  const askedAtMs = world.time.monotonicMs()
  world.tell(`${process.name} sends ${asked.call} for ${asked.merchantId} ${words}`)
  const told = await work(ports, askedAtMs).catch((fault) => faultAnswer(world, process.name, fault))
  const answer = { ...asked, ...told, askedAtMs, toldAtMs: world.time.monotonicMs() }
  world.answers.push(answer)
  const heard = wordsFor(told)
  world.count(`${asked.call}: ${heard}`)
  world.tell(`${process.name} is told ${heard}`)
  return answer
}

/** What the edge makes of a fault: the result is unknown. */
function faultAnswer(world: World, name: string, fault: unknown): Told {
  if (!(fault instanceof InjectedFault)) {
    world.violations.push(`${name} fell over: ${fault instanceof Error ? fault.message : String(fault)}`)
  }
  return { refusal: "SYSTEM_ERROR" }
}

function wordsFor({ order, refusal, recall }: Told): string {
  if (!order) return refusal ?? "nothing"
  if (recall) return `${order.state}, recall ${recall}`
  return order.failure ? `${order.state} ${order.failure.code}` : order.state
}

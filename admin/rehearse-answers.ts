/**
 * What a day's merchants would see if a key signed already: for each order the answer that orderquery gives, made by the
 * code that makes it, signed with that key and verified by the merchants' SDK. It reads; nothing is written or sent on.
 */
import { randomBytes } from "node:crypto"
import { signAnswer } from "../http/answer-signature.ts"
import { type Answer, envelope } from "../http/envelope.ts"
import { orderAnswer } from "../http/order-answer.ts"
import type { AnswerKey } from "../persistence/platform-secrets.ts"
import type { FindPlatformKey } from "../sdk/verify-answer.ts"
import { verifyAnswer } from "../sdk/verify-answer.ts"
import { finalByMs } from "../usecases/final-by.ts"
import type { Channels, Clock, OrderStore } from "../usecases/ports.ts"
import { queryOrder } from "../usecases/query-order.ts"

export type RehearsedOrder = { merchantId: string; tradeNo: string }

export type AnswerRehearsal = {
  answers: number
  signMs: number
  verifyMs: number
  faults: { subject: string; reason: string }[]
}

export type RehearsalPorts = {
  clock: Clock
  orders: OrderStore
  channels: Channels
  publicUrl: string
  timeZoneOf(merchantId: string): Promise<string>
  key: AnswerKey
  /** By the list as merchants fetch it. */
  findKey: FindPlatformKey
}

const ORDERQUERY = "/metro/payment/v1/api/qrcode/orderquery"
/** Orders that are read at the same time. */
const AT_ONCE = 20

export async function rehearseAnswers(
  ports: RehearsalPorts,
  pages: AsyncIterable<readonly RehearsedOrder[]>,
  limit: number,
): Promise<AnswerRehearsal> {
  const rehearsal: AnswerRehearsal = { answers: 0, signMs: 0, verifyMs: 0, faults: [] }
  for await (const page of pages) {
    const orders = page.slice(0, limit - rehearsal.answers)
    for (let from = 0; from < orders.length; from += AT_ONCE) {
      await Promise.all(orders.slice(from, from + AT_ONCE).map((order) => rehearse(ports, order, rehearsal)))
    }
    if (rehearsal.answers >= limit) break
  }
  return rehearsal
}

async function rehearse(
  ports: RehearsalPorts,
  { merchantId, tradeNo }: RehearsedOrder,
  rehearsal: AnswerRehearsal,
): Promise<void> {
  rehearsal.answers += 1
  const refused = (reason: string) => rehearsal.faults.push({ subject: `${merchantId} ${tradeNo}`, reason })
  try {
    const answer = await answerFor(ports, merchantId, tradeNo)
    const reason = await signedAndVerified(ports, answer, rehearsal)
    if (reason !== undefined) refused(reason)
  } catch (fault) {
    refused(fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault))
  }
}

/** As functions/orderquery does it; a question that would be sent on is not. */
async function answerFor(ports: RehearsalPorts, merchantId: string, tradeNo: string): Promise<Answer> {
  const asking = { ...ports, polls: { send: async () => undefined } }
  const order = await queryOrder(asking, merchantId, { tradeNo })
  if (!order) return { ok: false, refusal: { code: "ORDER_NOT_FOUND" } }
  const timeZone = await ports.timeZoneOf(merchantId)
  const view = { language: "zh", timeZone, finalByMs: finalByMs(order, ports.channels) } as const
  return { ok: true, data: orderAnswer(order, "orderquery", view) }
}

/** Why a merchant would not believe it; undefined where it would. */
async function signedAndVerified(
  { clock, key, publicUrl, findKey }: RehearsalPorts,
  answer: Answer,
  rehearsal: AnswerRehearsal,
): Promise<string | undefined> {
  const { status, body } = envelope(answer, "rehearsal", "zh")
  // Any signature a merchant may have sent: the answer is bound to it as it came.
  const signatureHeader = `sig1=:${randomBytes(256).toString("base64")}:`
  const request = { method: "POST", targetUri: publicUrl + ORDERQUERY, signatureHeader }
  const startedMs = clock.monotonicMs()
  const signed = Object.entries(signAnswer({ status, body }, request, key, clock.nowMs()))
  const signedMs = clock.monotonicMs()
  const headers = Object.fromEntries(signed.map(([name, value]) => [name.toLowerCase(), value]))
  const verified = await verifyAnswer({ status, headers, body }, request, findKey, clock.nowMs())
  rehearsal.signMs += signedMs - startedMs
  rehearsal.verifyMs += clock.monotonicMs() - signedMs
  return verified.ok ? undefined : verified.why
}

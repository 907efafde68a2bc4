/**
 * Charging a scanned code (A7). The way of a payment, where every await can be the last:
 *
 * 1. claim the code: one conditional write that binds it to this request;
 * 2. at the same time put the order with its lease, and read customer, agreement and the merchant's gate;
 * 3. charge, only when all of it held and the lease has time left for the channel;
 * 4. write the result; the caller is told success only after that write is acknowledged.
 *
 * A process that dies before 3 leaves an order that no channel knows; one that dies after it leaves an order whose charge
 * is found by its number. Neither ever charges twice, since only the process whose put made the order charges at all.
 */
import type { ChannelId, PayErrorCode, PayType } from "../domain/channel.ts"
import type { IssuedCode } from "../domain/customer.ts"
import {
  apply,
  codeOwnerOf,
  fingerprintOf,
  LEASE_MS,
  type Leg,
  leaseHeld,
  newOrder,
  type Order,
  type PayRequest,
} from "../domain/order.ts"
import { channelOrderNoOf, tradeNoOf } from "../domain/order-number.ts"
import { CODE_TOLERANCE_MS, codeKindOf, payIdOf } from "../domain/payment-code.ts"
import { accountOfLeg } from "./channel-account.ts"
import type {
  ChannelAccount,
  Channels,
  ChargeOutcome,
  Claimant,
  Clock,
  CodeStore,
  Merchant,
  MerchantStore,
  OrderStore,
  PayChannel,
  PayerStore,
  PaymentSettings,
  PollQueue,
  QueryOutcome,
  Random,
  WrongCodeStore,
} from "./ports.ts"
import { countWrongCode, wrongCodeWindow } from "./wrong-codes.ts"

export type ApplyPayPorts = {
  clock: Clock
  random: Random
  codeKey: Buffer
  orders: OrderStore
  codes: CodeStore
  payers: PayerStore
  merchants: MerchantStore
  wrongCodes: WrongCodeStore
  channels: Channels
  polls: PollQueue
  settings: PaymentSettings
}

export type ApplyPayRefusal = {
  code: "ORDER_NO_REUSED" | "TOO_MANY_REQUESTS" | "MERCHANT_DISABLED" | "KEY_UNKNOWN" | "TRY_AGAIN"
  retryAfterSeconds?: number
}

export type ApplyPayResult = { ok: true; order: Order } | { ok: false; refusal: ApplyPayRefusal }

/** Who sent the call: the key must still be live when the merchant's settings turn out to have changed. */
export type Caller = { keyId: string; arrivedMonotonicMs: number }

/** What the lease must still hold beyond the channel's time-out when a charge is sent: time to write the result. */
const LEASE_RESERVE_MS = 2_000
/** Kept back from the answer's deadline for the write of the result. */
const WRITE_RESERVE_MS = 500
/** A charge with less time than this is not worth beginning: it would most likely end unknown. */
const LEAST_CHARGE_MS = 1_000

export async function applyPay(
  ports: ApplyPayPorts,
  request: PayRequest,
  caller: Caller,
): Promise<ApplyPayResult> {
  const first = await attempt(ports, request, caller)
  // The merchant's settings were newer than ours and nothing had been sent: once more, with the new ones.
  const result = first === "settings changed" ? await attempt(ports, request, caller) : first
  return result === "settings changed" ? refuse("TRY_AGAIN") : result
}

/** The parts of one attempt that do not change while it runs. */
type Attempt = {
  ports: ApplyPayPorts
  request: PayRequest
  caller: Caller
  merchant: Merchant
  tradeNo: string
  fingerprint: string
  /** Its attempt also names the holder of the order's lease. */
  claimant: Claimant
}

async function attempt(
  ports: ApplyPayPorts,
  request: PayRequest,
  caller: Caller,
): Promise<ApplyPayResult | "settings changed"> {
  const merchant = await ports.merchants.read(request.merchantId)
  if (!merchant)
    throw new Error(`merchant ${request.merchantId} passed the signature check and has no settings`)
  const tradeNo = tradeNoOf(request.merchantId, request.outRequestNo)
  const fingerprint = fingerprintOf(ports.codeKey, request)
  const nowMs = ports.clock.nowMs()
  const claimant = { owner: codeOwnerOf(tradeNo, fingerprint), tradeNo, attempt: ports.random.id(nowMs) }
  const it: Attempt = { ports, request, caller, merchant, tradeNo, fingerprint, claimant }

  const kind = codeKindOf(request.code, ports.settings.codeKinds)
  if (kind === undefined) return refuseWrongCode(it)
  if (kind !== "own") return payForeignCode(it, PAY_TYPE_OF_FOREIGN_CODE[kind])

  const payId = payIdOf(ports.codeKey, request.code)
  const claim = await ports.codes.claim(payId, claimant, nowMs - CODE_TOLERANCE_MS)
  if (claim.claimed) return payOwnCode(it, claim.code)
  if (claim.why === "unknown") return refuseWrongCode(it)
  return putRefused(it, claim.why === "expired" ? "CODE_EXPIRED" : "CODE_USED")
}

/** e-CNY codes are told apart so that they are not mistaken for others; no channel takes them yet. */
const PAY_TYPE_OF_FOREIGN_CODE: Readonly<
  Record<"wechat" | "alipay" | "unionpay" | "ecny", PayType | undefined>
> = {
  wechat: "CT_WECHAT",
  alipay: "CT_ALIPAY",
  unionpay: "CT_UNION",
  ecny: undefined,
}

async function payForeignCode(
  it: Attempt,
  payType: PayType | undefined,
): Promise<ApplyPayResult | "settings changed"> {
  const route = payType && routeOf(it, payType, "code")
  if (!route) return putRefused(it, "PAY_METHOD_OFF", { payType })
  return putAndCharge(it, { payType, leg: route.leg, channel: route.channel })
}

async function payOwnCode(it: Attempt, code: IssuedCode): Promise<ApplyPayResult | "settings changed"> {
  const route = routeOf(it, code.payType, "agreement")
  const facts = { payType: code.payType, uid: code.uid, payId: code.payId }
  if (!route) return putRefused(it, "PAY_METHOD_OFF", facts)
  return putAndCharge(it, { ...facts, leg: route.leg, channel: route.channel, code })
}

/** Which account pays, by pay type. The leg names all that later queries need. */
function routeOf(
  it: Attempt,
  payType: PayType,
  intent: Leg["intent"],
): { leg: Leg; channel: PayChannel } | undefined {
  const account = it.merchant.accounts[payType]
  const channel = account && it.ports.channels[account.channel]
  if (!account || !channel?.capabilities.intents.includes(intent)) return undefined
  const { accountId, settingsVersion } = account
  const amountFen = it.request.totalFen
  const leg: Leg = {
    no: 1,
    channel: channel.id,
    accountId,
    settingsVersion,
    intent,
    amountFen,
    state: "PENDING",
  }
  return { leg, channel }
}

type Plan = {
  payType?: PayType
  uid?: string
  payId?: string
  leg: Leg
  channel: PayChannel
  code?: IssuedCode
}

async function putAndCharge(it: Attempt, plan: Plan): Promise<ApplyPayResult | "settings changed"> {
  const { ports, request } = it
  const { clock } = ports
  const nowMs = clock.nowMs()
  const order = newOrder(request, "accepted", {
    fingerprint: it.fingerprint,
    createdAtMs: nowMs,
    uid: plan.uid,
    payType: plan.payType,
    payId: plan.payId,
    legs: [plan.leg],
    lease: { holder: it.claimant.attempt, untilMs: nowMs + LEASE_MS },
  })
  const window = wrongCodeWindow(ports.settings.wrongCodes, nowMs)
  const [put, payer] = await Promise.all([
    ports.orders.create(order),
    ports.payers.readPayer({
      merchantId: request.merchantId,
      uid: plan.uid,
      payType: plan.payType,
      wrongCodeWindowMs: plan.code ? window.startMs : undefined,
    }),
  ])
  if (!put.put) return answerStored(it, put.stored, plan.payId)
  // A retracted number is taken over at a higher version: the order is what now stands in the store.
  const mine = put.order

  if (payer.gate.disabled) return retract(it, mine, { code: "MERCHANT_DISABLED" })
  if (payer.gate.settingsVersion > it.merchant.settingsVersion)
    return reloadSettings(it, mine, payer.gate.settingsVersion)
  if (plan.code && payer.wrongCodes >= ports.settings.wrongCodes.limit) {
    return retract(it, mine, { code: "TOO_MANY_REQUESTS", retryAfterSeconds: window.secondsLeft })
  }
  if (plan.code) {
    const { customer, agreement } = payer
    const open = customer?.open === true && customer.epoch === plan.code.epoch
    if (!open) return finish(it, mine, { kind: "declined", code: "CODE_CLOSED", channelCode: "" })
    if (!agreement) return finish(it, mine, { kind: "declined", code: "AGREEMENT_REQUIRED", channelCode: "" })
    return charge(it, mine, plan, agreement.contractId)
  }
  return charge(it, mine, plan)
}

async function charge(it: Attempt, order: Order, plan: Plan, contractId?: string): Promise<ApplyPayResult> {
  const { clock, settings } = it.ports
  const timeoutMs = Math.min(settings.channelTimeoutMs, answerTimeLeftMs(it) - WRITE_RESERVE_MS)
  const leaseLeftMs = (order.lease?.untilMs ?? 0) - clock.nowMs()
  if (timeoutMs < LEAST_CHARGE_MS || leaseLeftMs < settings.channelTimeoutMs + LEASE_RESERVE_MS) {
    return retract(it, order, { code: "TRY_AGAIN" })
  }
  const channelOrderNo = channelOrderNoOf(order.tradeNo, plan.leg.no)
  const account = accountOfLeg(order.merchantId, plan.leg)
  const outcome = await plan.channel.charge({
    account,
    channelOrderNo,
    amountFen: plan.leg.amountFen,
    body: order.body,
    storeId: order.storeId,
    intent: plan.leg.intent,
    ...(plan.leg.intent === "code" ? { code: it.request.code } : { contractId }),
    timeoutMs,
  })
  if (outcome.kind !== "pending" || outcome.waitingFor !== "channel") return finish(it, order, outcome)
  return finish(it, order, await askWithinCall(it, plan, channelOrderNo, account))
}

/** A channel whose agreement payments are asynchronous usually knows within a second or two: the till may wait for that. */
async function askWithinCall(
  it: Attempt,
  plan: Plan,
  channelOrderNo: string,
  account: ChannelAccount,
): Promise<ChargeOutcome> {
  for (const delayMs of plan.channel.capabilities.withinCallPlanMs) {
    if (answerTimeLeftMs(it) - WRITE_RESERVE_MS < delayMs + LEAST_CHARGE_MS) break
    await it.ports.clock.sleep(delayMs)
    const timeoutMs = Math.min(it.ports.settings.channelTimeoutMs, answerTimeLeftMs(it) - WRITE_RESERVE_MS)
    const { intent, amountFen } = plan.leg
    const outcome = await plan.channel.query({ account, channelOrderNo, amountFen, intent, timeoutMs })
    if (isClear(outcome)) return outcome
  }
  return { kind: "pending", waitingFor: "channel" }
}

/** Within the call only the channel's plain "taken" or "will never take" counts; all else stays unknown (design §2). */
function isClear(outcome: QueryOutcome): outcome is Extract<ChargeOutcome, { kind: "charged" | "declined" }> {
  return outcome.kind === "charged" || outcome.kind === "declined"
}

function answerTimeLeftMs(it: Attempt): number {
  return it.caller.arrivedMonotonicMs + it.ports.settings.answerWithinMs - it.ports.clock.monotonicMs()
}

/** Writes what the channel said; what it did not say is left to be asked for. */
async function finish(it: Attempt, order: Order, outcome: ChargeOutcome): Promise<ApplyPayResult> {
  const next = afterOutcome(order, outcome, it.ports.clock.nowMs())
  if (next) {
    const result = await it.ports.orders.advance(order, next)
    order = result.written ? next : result.stored
  }
  if (order.state === "PAYING") await wake(it, order)
  return { ok: true, order }
}

/** The order after a charge's outcome, or undefined where there is nothing new to write. */
export function afterOutcome(order: Order, outcome: ChargeOutcome, nowMs: number): Order | undefined {
  const [leg] = order.legs
  if (!leg) throw new Error(`order ${order.tradeNo} has no leg`)
  switch (outcome.kind) {
    case "charged": {
      const { channelTradeNo, couponFen, paidAtMs } = outcome
      const charged: Leg = { ...leg, state: "CHARGED", channelTradeNo, couponFen, channelPaidAtMs: paidAtMs }
      return apply(order, "charged", nowMs, { legs: [charged] })
    }
    case "declined": {
      const { code, channelCode } = outcome
      return apply(order, "declined", nowMs, {
        legs: [{ ...leg, state: "DECLINED" }],
        failure: { code, ...(channelCode ? { channelCode } : {}) },
      })
    }
    case "pending":
      return outcome.waitingFor === "password" && !order.events.some((e) => e.event === "passwordAsked")
        ? apply(order, "passwordAsked", nowMs)
        : undefined
    case "unknown":
      return undefined
  }
}

/** Asks for the order to be polled. The order itself is durable, so a queue that is down must not fail the answer. */
async function wake(it: Attempt, order: Order): Promise<void> {
  const [leg] = order.legs
  const channel = leg && it.ports.channels[leg.channel]
  const delayMs = channel?.capabilities.queryPlanMs[0]
  if (!leg || delayMs === undefined) return
  await it.ports.polls.send(leg.channel, { tradeNo: order.tradeNo, step: 0 }, delayMs).catch(() => undefined)
}

/** A code that is none, or none of ours: counted, since guessing must not pay. */
async function refuseWrongCode(it: Attempt): Promise<ApplyPayResult> {
  const { settings, wrongCodes, clock } = it.ports
  const blocked = await countWrongCode(wrongCodes, settings.wrongCodes, it.request.merchantId, clock.nowMs())
  return blocked ? refuse("TOO_MANY_REQUESTS", blocked.blockedForSeconds) : putRefused(it, "CODE_INVALID")
}

/** The order exists from then on, also when its code could not pay: the same call must find the same answer. */
async function putRefused(
  it: Attempt,
  code: PayErrorCode,
  facts: { payType?: PayType; uid?: string; payId?: string } = {},
): Promise<ApplyPayResult> {
  const createdAtMs = it.ports.clock.nowMs()
  const order = newOrder(it.request, "refused", {
    fingerprint: it.fingerprint,
    createdAtMs,
    failure: { code },
    ...facts,
  })
  const put = await it.ports.orders.create(order)
  return put.put ? { ok: true, order: put.order } : answerStored(it, put.stored, facts.payId)
}

/** The number is taken. The same content gets the present state; a replay never charges, it only has the order asked about. */
async function answerStored(it: Attempt, stored: Order, claimedPayId?: string): Promise<ApplyPayResult> {
  const { ports, request } = it
  if (stored.merchantId !== request.merchantId || stored.outRequestNo !== request.outRequestNo) {
    throw new Error(`two orders share the number ${stored.tradeNo}`)
  }
  if (stored.fingerprint === it.fingerprint) {
    if (stored.state === "PAYING" && !leaseHeld(stored, ports.clock.nowMs())) await askOnce(ports, stored)
    return { ok: true, order: stored }
  }
  if (claimedPayId) await ports.codes.release(claimedPayId, it.claimant)
  // Closed before it was ever seen: no content was ever agreed on, so there is none to differ from.
  if (stored.state === "CLOSED" && stored.fingerprint === "") return { ok: true, order: stored }
  return refuse("ORDER_NO_REUSED")
}

/**
 * Has the recovery ask the channel about an order whose owner has gone. The message is the last of its plan, so that
 * however often a merchant asks, no second series of questions begins.
 */
export async function askOnce(ports: Pick<ApplyPayPorts, "channels" | "polls">, order: Order): Promise<void> {
  const [leg] = order.legs
  const plan = leg && ports.channels[leg.channel]?.capabilities.queryPlanMs
  if (!leg || !plan) return
  await ports.polls.send(leg.channel, { tradeNo: order.tradeNo, step: plan.length }, 0).catch(() => undefined)
}

/** Gives the order up before any channel was asked: code and number are free again. */
async function retract(it: Attempt, order: Order, refusal: ApplyPayRefusal): Promise<ApplyPayResult> {
  const result = await it.ports.orders.advance(order, apply(order, "retracted", it.ports.clock.nowMs()))
  // Under another lease it is another's: ours was given up before the answer to that was lost, and then taken over.
  if (!result.written && result.stored.lease?.holder === order.lease?.holder) {
    return { ok: true, order: result.stored }
  }
  if (order.payId) await it.ports.codes.release(order.payId, it.claimant)
  return { ok: false, refusal }
}

async function reloadSettings(
  it: Attempt,
  order: Order,
  version: number,
): Promise<ApplyPayResult | "settings changed"> {
  const retracted = await retract(it, order, { code: "TRY_AGAIN" })
  if (retracted.ok) return retracted
  const merchant = await it.ports.merchants.read(it.request.merchantId, version)
  if (!merchant?.keyIds.includes(it.caller.keyId)) return refuse("KEY_UNKNOWN")
  return "settings changed"
}

function refuse(code: ApplyPayRefusal["code"], retryAfterSeconds?: number): ApplyPayResult {
  return { ok: false, refusal: retryAfterSeconds === undefined ? { code } : { code, retryAfterSeconds } }
}

/** The channel that holds an order's money, for callers that only have the order. */
export function channelOf(order: Order): ChannelId | undefined {
  return order.legs[0]?.channel
}

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
import type { PayErrorCode, PayType } from "../domain/channel.ts"
import type { ChargeOutcome, QueryOutcome } from "../domain/charge-outcome.ts"
import type { IssuedCode } from "../domain/customer.ts"
import { localDateTime } from "../domain/days.ts"
import {
  apply,
  closedUnseen,
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
import { askAlongPlan, askOnce, settle } from "./ask-channel.ts"
import { accountOfLeg } from "./channel-account.ts"
import type { ChannelBreaker } from "./channel-breaker.ts"
import type {
  Channels,
  ChargedBy,
  ChargeRequest,
  Claimant,
  Clock,
  CodeStore,
  Merchant,
  MerchantGate,
  MerchantStore,
  OrderStore,
  PayChannel,
  PayerStore,
  PaymentSettings,
  PollQueue,
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
  breaker: ChannelBreaker
  settings: PaymentSettings
}

export type ApplyPayRefusal = {
  /** SYSTEM_ERROR: the stores did not answer in time; the result is unknown, ask for it. */
  code:
    | "ORDER_NO_REUSED"
    | "TOO_MANY_REQUESTS"
    | "MERCHANT_DISABLED"
    | "KEY_UNKNOWN"
    | "TRY_AGAIN"
    | "SYSTEM_ERROR"
  retryAfterSeconds?: number
}

export type ApplyPayResult =
  | { ok: true; order: Order; timeZone: string }
  | { ok: false; refusal: ApplyPayRefusal }

/** Who sent the call: the key must still be live when the merchant's settings turn out to have changed. */
export type Caller = { keyId: string; arrivedMonotonicMs: number }

/** What the lease must still hold beyond the channel's time-out when a charge is sent: time to write the result. */
const LEASE_RESERVE_MS = 2_000
/** Kept back from the answer's deadline for the write of the result. */
const WRITE_RESERVE_MS = 500
/** A charge with less time than this is not worth beginning: it would most likely end unknown. */
const LEAST_CHARGE_MS = 1_000

/** The merchant's settings turned out to be older than the gate says; nothing was sent. */
const SETTINGS_CHANGED = "settings changed"
type Attempted = ApplyPayResult | typeof SETTINGS_CHANGED

/** What is known to stand in the store, should the deadline come first. */
type Progress = { put?: Extract<ApplyPayResult, { ok: true }> }

/**
 * Answers by the deadline with what is known by then. Throws where a store fails: the caller's answer is then "unknown", and
 * asking or sending the same call again is safe.
 */
export async function applyPay(
  ports: ApplyPayPorts,
  request: PayRequest,
  caller: Caller,
): Promise<ApplyPayResult> {
  const progress: Progress = {}
  const answered = new AbortController()
  const leftMs = caller.arrivedMonotonicMs + ports.settings.answerWithinMs - ports.clock.monotonicMs()
  const late = ports.clock.sleep(Math.max(0, leftMs), answered.signal).then(
    () => "late" as const,
    () => "late" as const,
  )
  const result = await Promise.race([payWithFreshSettings(ports, request, caller, progress), late])
  answered.abort()
  if (result !== "late") return result
  return progress.put ?? refuse("SYSTEM_ERROR")
}

async function payWithFreshSettings(
  ports: ApplyPayPorts,
  request: PayRequest,
  caller: Caller,
  progress: Progress,
): Promise<ApplyPayResult> {
  const first = await attempt(ports, request, caller, progress)
  if (first !== SETTINGS_CHANGED) return first
  const second = await attempt(ports, request, caller, progress)
  return second === SETTINGS_CHANGED ? refuse("TRY_AGAIN") : second
}

/** The parts of one attempt that do not change while it runs. */
type Attempt = {
  ports: ApplyPayPorts
  request: PayRequest
  caller: Caller
  progress: Progress
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
  progress: Progress,
): Promise<Attempted> {
  const merchant = await ports.merchants.read(request.merchantId)
  if (!merchant) throw new Error(`merchant ${request.merchantId} has no settings`)
  const tradeNo = tradeNoOf(request.merchantId, request.outRequestNo)
  const fingerprint = fingerprintOf(ports.codeKey, request)
  const nowMs = ports.clock.nowMs()
  const claimant = { owner: codeOwnerOf(tradeNo, fingerprint), tradeNo, attempt: ports.random.id(nowMs) }
  const it: Attempt = { ports, request, caller, progress, merchant, tradeNo, fingerprint, claimant }

  const kind = codeKindOf(request.code, ports.settings.codeKinds)
  if (kind === undefined) return refuseWrongCode(it)
  if (kind !== "own") return payForeignCode(it, PAY_TYPE_OF_FOREIGN_CODE[kind])

  const notExpiredBeforeMs = nowMs - CODE_TOLERANCE_MS
  const claim = await ports.codes.claim(payIdOf(ports.codeKey, request.code), claimant, notExpiredBeforeMs)
  if (claim.claimed) return payOwnCode(it, claim.code, claim.code.expiresAtMs > notExpiredBeforeMs)
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

async function payForeignCode(it: Attempt, payType: PayType | undefined): Promise<Attempted> {
  const route = payType && routeOf(it, payType, "code")
  if (!route) return putRefused(it, "PAY_METHOD_OFF", { payType })
  const silentForSeconds = silence(it, route.leg)
  return silentForSeconds ? refuse("TRY_AGAIN", silentForSeconds) : putAndCharge(it, { payType, ...route })
}

/**
 * @param live a code bound to this very request is found also after its life, so that a replay meets its order; but an
 *   order that was never put must not be made then: the customer has long gone.
 */
async function payOwnCode(it: Attempt, code: IssuedCode, live: boolean): Promise<Attempted> {
  const facts = { payType: code.payType, uid: code.uid, payId: code.payId }
  if (!live) return answerExpired(it, facts)
  const route = routeOf(it, code.payType, "agreement")
  if (!route) return putRefused(it, "PAY_METHOD_OFF", facts)
  const silentForSeconds = silence(it, route.leg)
  if (!silentForSeconds) return putAndCharge(it, { ...facts, ...route, code })
  await it.ports.codes.release(code.payId, it.claimant)
  return refuse("TRY_AGAIN", silentForSeconds)
}

/** Seconds for which the leg's account is left in peace, since it does not answer. */
function silence({ ports, merchant }: Attempt, leg: Leg): number | undefined {
  return ports.breaker.openForSeconds(accountOfLeg(merchant.merchantId, leg), ports.clock.nowMs())
}

/** A late replay of a call whose order stands gets that order, whatever became of the merchant since then. */
async function answerExpired(
  it: Attempt,
  facts: { payType: PayType; uid: string; payId: string },
): Promise<Attempted> {
  const stored = await it.ports.orders.read(it.tradeNo)
  if (stored && stored.state !== "RETRACTED") return answerStored(it, stored, facts.payId)
  return putRefused(it, "CODE_EXPIRED", facts)
}

/** Which account pays, by pay type. The leg names all that later questions need. */
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

async function putAndCharge(it: Attempt, plan: Plan): Promise<Attempted> {
  const { ports, request } = it
  const nowMs = ports.clock.nowMs()
  const { payType, uid, payId, leg, code } = plan
  const order = newOrder(request, "accepted", {
    ...orderFacts(it, nowMs),
    payType,
    uid,
    payId,
    legs: [leg],
    lease: { holder: it.claimant.attempt, untilMs: nowMs + LEASE_MS },
  })
  const window = wrongCodeWindow(ports.settings.wrongCodes, nowMs)
  const account = accountOfLeg(request.merchantId, leg)
  const created = ports.orders.create(order)
  created.then(
    (put) => {
      if (put.put) it.progress.put = answer(it, put.order)
    },
    () => undefined,
  )
  const [put, payer] = await Promise.allSettled([
    created,
    ports.payers.readPayer({
      merchantId: request.merchantId,
      uid,
      payType,
      wrongCodeWindowMs: code ? window.startMs : undefined,
      health: { account, windowStartMs: ports.breaker.windowStartMs(nowMs) },
    }),
  ])
  if (put.status === "rejected") throw put.reason
  if (!put.value.put) return answerStored(it, put.value.stored, payId)
  // A retracted number is taken over at a higher version: the order is what now stands in the store.
  const mine = put.value.order

  if (payer.status === "rejected") return retract(it, mine, { code: "TRY_AGAIN" })
  const { gate, wrongCodes, health, customer, agreement } = payer.value
  const stale = staleness(it, gate)
  if (stale === "disabled") return retract(it, mine, { code: "MERCHANT_DISABLED" })
  if (stale) {
    const retracted = await retract(it, mine, { code: "TRY_AGAIN" })
    return retracted.ok ? retracted : reloadSettings(it, gate.settingsVersion)
  }
  if (health && ports.breaker.learn(account, health, nowMs)) {
    return retract(it, mine, { code: "TRY_AGAIN", retryAfterSeconds: silence(it, leg) })
  }
  if (!code) return charge(it, mine, plan, { intent: "code", code: request.code })
  if (wrongCodes >= ports.settings.wrongCodes.limit) {
    return retract(it, mine, { code: "TOO_MANY_REQUESTS", retryAfterSeconds: window.secondsLeft })
  }
  const open = customer?.open === true && customer.epoch === code.epoch
  if (!open) return finish(it, mine, plan, decline("CODE_CLOSED"))
  if (!agreement) return finish(it, mine, plan, decline("AGREEMENT_REQUIRED"))
  return charge(it, mine, plan, { intent: "agreement", contractId: agreement.contractId })
}

function orderFacts(it: Attempt, createdAtMs: number): Pick<Order, "fingerprint" | "createdAtMs" | "day"> {
  const day = localDateTime(createdAtMs, it.merchant.timeZone).date
  return { fingerprint: it.fingerprint, createdAtMs, day }
}

async function charge(it: Attempt, order: Order, plan: Plan, by: ChargedBy): Promise<ApplyPayResult> {
  const { clock, settings } = it.ports
  const timeoutMs = channelTimeMs(it)
  const leaseLeftMs = (order.lease?.untilMs ?? 0) - clock.nowMs()
  if (timeoutMs < LEAST_CHARGE_MS || leaseLeftMs < settings.channelTimeoutMs + LEASE_RESERVE_MS) {
    // A replay may have been told PS_PAYING by now, so the order ends instead of vanishing.
    return finish(it, order, plan, decline("ORDER_CLOSED"))
  }
  const request: ChargeRequest = {
    account: accountOfLeg(order.merchantId, plan.leg),
    channelOrderNo: channelOrderNoOf(order.tradeNo, plan.leg.no),
    amountFen: plan.leg.amountFen,
    body: order.body,
    storeId: order.storeId,
    by,
    orderedAtMs: order.createdAtMs,
    // A function may be frozen once its answer is out, and thawed when the order is long another's.
    notAfterMs: clock.nowMs() + LEAST_CHARGE_MS,
    timeoutMs,
  }
  const outcome = await plan.channel.charge(request)
  const silent = outcome.kind === "unknown" && outcome.silent === true
  await it.ports.breaker.note(request.account, !silent, clock.nowMs())
  if (outcome.kind === "notSent") return finish(it, order, plan, decline("PAY_METHOD_OFF"))
  const accepted = outcome.kind === "pending" && outcome.waitingFor === "channel"
  return finish(it, order, plan, accepted ? await askWithinCall(it, plan.channel, request) : outcome)
}

/** A channel whose agreement payments are asynchronous usually knows within a second or two: the till may wait for that. */
async function askWithinCall(
  it: Attempt,
  channel: PayChannel,
  charged: ChargeRequest,
): Promise<ChargeOutcome> {
  const { account, channelOrderNo, amountFen, orderedAtMs } = charged
  const question = { account, channelOrderNo, amountFen, orderedAtMs, intent: charged.by.intent }
  for (const delayMs of channel.capabilities.withinCallPlanMs) {
    if (channelTimeMs(it) < delayMs + LEAST_CHARGE_MS) break
    await it.ports.clock.sleep(delayMs)
    const outcome = await channel.query({ ...question, timeoutMs: channelTimeMs(it) })
    if (isClear(outcome)) return outcome
    // People take longer to enter a password than a till should wait.
    if (outcome.kind === "pending" && outcome.waitingFor === "password") return outcome
  }
  return { kind: "pending", waitingFor: "channel" }
}

/** Within the call only the channel's plain "taken" or "will never take" counts; all else stays unknown (design §2). */
function isClear(outcome: QueryOutcome): outcome is Extract<ChargeOutcome, { kind: "charged" | "declined" }> {
  return outcome.kind === "charged" || outcome.kind === "declined"
}

/** What a call to the channel may take now, so that its result can still be written before the answer is due. */
function channelTimeMs(it: Attempt): number {
  const { settings, clock } = it.ports
  const dueMs = it.caller.arrivedMonotonicMs + settings.answerWithinMs
  return Math.min(settings.channelTimeoutMs, dueMs - WRITE_RESERVE_MS - clock.monotonicMs())
}

/** Writes what the channel said; what it did not say, or what could not be written, is left to be asked for. */
async function finish(
  it: Attempt,
  order: Order,
  plan: Plan,
  outcome: ChargeOutcome,
): Promise<ApplyPayResult> {
  const { ports } = it
  try {
    const settled = await settle(ports.orders, order, plan.leg.no, outcome, ports.clock.nowMs())
    if (settled.state === "PAYING") await askAlongPlan(ports, settled)
    return answer(it, settled)
  } catch (fault) {
    await askAlongPlan(ports, order)
    throw fault
  }
}

function decline(code: PayErrorCode): ChargeOutcome {
  return { kind: "declined", code, channelCode: "" }
}

/** A code that is none, or none of ours: counted, since guessing must not pay. */
async function refuseWrongCode(it: Attempt): Promise<Attempted> {
  const { settings, wrongCodes, clock, orders } = it.ports
  const blocked = await countWrongCode(wrongCodes, settings.wrongCodes, it.request.merchantId, clock.nowMs())
  if (!blocked) return putRefused(it, "CODE_INVALID")
  // What was answered before is answered again; only a new guess is not looked at.
  const stored = await orders.read(it.tradeNo)
  return stored?.fingerprint === it.fingerprint
    ? answerStored(it, stored)
    : refuse("TOO_MANY_REQUESTS", blocked.blockedForSeconds)
}

/**
 * The order exists from then on, also when its code could not pay: the same call must find the same answer. It is final at
 * once, so the gate is asked before it is put.
 */
async function putRefused(
  it: Attempt,
  code: PayErrorCode,
  facts: { payType?: PayType; uid?: string; payId?: string } = {},
): Promise<Attempted> {
  const { payers, clock, orders } = it.ports
  const { gate } = await payers.readPayer({ merchantId: it.request.merchantId })
  const stale = staleness(it, gate)
  if (stale === "disabled") return refuse("MERCHANT_DISABLED")
  if (stale) return reloadSettings(it, gate.settingsVersion)
  const failure = { code }
  const order = newOrder(it.request, "refused", { ...orderFacts(it, clock.nowMs()), failure, ...facts })
  const put = await orders.create(order)
  return put.put ? answer(it, put.order) : answerStored(it, put.stored, facts.payId)
}

function staleness(it: Attempt, gate: MerchantGate): "disabled" | "settings" | undefined {
  if (gate.disabled) return "disabled"
  return gate.settingsVersion > it.merchant.settingsVersion ? "settings" : undefined
}

async function reloadSettings(it: Attempt, version: number): Promise<Attempted> {
  const merchant = await it.ports.merchants.read(it.request.merchantId, version)
  return merchant?.keyIds.includes(it.caller.keyId) ? SETTINGS_CHANGED : refuse("KEY_UNKNOWN")
}

/** The number is taken. The same content gets the present state; a replay never charges, it only has the order asked about. */
async function answerStored(it: Attempt, stored: Order, claimedPayId?: string): Promise<ApplyPayResult> {
  const { ports, request } = it
  if (stored.merchantId !== request.merchantId || stored.outRequestNo !== request.outRequestNo) {
    throw new Error(`two orders share the number ${stored.tradeNo}`)
  }
  if (stored.state === "RETRACTED") return refuse("TRY_AGAIN")
  if (stored.fingerprint === it.fingerprint) {
    if (stored.state === "PAYING" && !leaseHeld(stored, ports.clock.nowMs())) await askOnce(ports, stored)
    return answer(it, stored)
  }
  if (claimedPayId) await ports.codes.release(claimedPayId, it.claimant)
  return closedUnseen(stored) ? answer(it, stored) : refuse("ORDER_NO_REUSED")
}

/** Gives the order up before any channel was asked: code and number are free again. */
async function retract(it: Attempt, order: Order, refusal: ApplyPayRefusal): Promise<ApplyPayResult> {
  const result = await it.ports.orders.advance(order, apply(order, "retracted", it.ports.clock.nowMs()))
  it.progress.put = undefined
  // Under another lease it is another's: ours was given up before the answer to that was lost, and then taken over.
  if (
    !result.written &&
    result.stored.lease?.holder === order.lease?.holder &&
    result.stored.state !== "RETRACTED"
  ) {
    return answer(it, result.stored)
  }
  if (order.payId) await it.ports.codes.release(order.payId, it.claimant)
  return { ok: false, refusal }
}

/** The answer that an order gives, whatever its state. */
function answer(it: Attempt, order: Order): Extract<ApplyPayResult, { ok: true }> {
  return { ok: true, order, timeZone: it.merchant.timeZone }
}

function refuse(
  code: ApplyPayRefusal["code"],
  retryAfterSeconds?: number,
): Extract<ApplyPayResult, { ok: false }> {
  return { ok: false, refusal: retryAfterSeconds === undefined ? { code } : { code, retryAfterSeconds } }
}

/**
 * An order as one item of under 1 KB, which is one write unit. Attribute names are short, since each payment pays for them;
 * this file is the only place that knows them.
 *
 * `f` is the lowest format that tells all of the item: while functions of two versions run side by side, the older ones read
 * what they understand and refuse the rest rather than guess. 1: orders. 2: orders that refunds were sent for.
 */
import type { ChannelId, PayErrorCode, PayType } from "../domain/channel.ts"
import { CHANNEL_IDS, PAY_ERROR_CODES, PAY_TYPES } from "../domain/channel.ts"
import type { Leg, LegIntent, LegState, Order, OrderEvent } from "../domain/order.ts"
import { ORDER_EVENTS, ORDER_STATES, type OrderEventName, type OrderState } from "../domain/order-states.ts"
import type { Reservation } from "../domain/reservation.ts"
import {
  type Item,
  item,
  num,
  optionalNum,
  optionalStr,
  readNum,
  readOptionalNum,
  readOptionalStr,
  readStr,
  str,
} from "./attributes.ts"
import { dayIndexKey, dayOfIndexKey, orderKey } from "./keys.ts"

const FORMATS = [1, 2]

/** One letter an event; never reuse a letter for another meaning: old items keep theirs. */
const EVENT_LETTERS: Readonly<Record<OrderEventName, string>> = {
  accepted: "a",
  refused: "f",
  closedUnseen: "n",
  retracted: "t",
  charged: "c",
  declined: "d",
  passwordAsked: "p",
  reversalStarted: "r",
  reversed: "R",
  undoStarted: "u",
  undone: "U",
  undoRefused: "x",
  surplusFound: "s",
  surplusReturned: "S",
}
const EVENT_BY_LETTER = new Map(ORDER_EVENTS.map((event) => [EVENT_LETTERS[event], event]))

/** "a" + first time in base 36, then each further event with the milliseconds since the one before. */
export function encodeEvents(events: readonly OrderEvent[]): string {
  let before = 0
  return events
    .map(({ event, atMs }) => {
      const coded = `${EVENT_LETTERS[event]}${(atMs - before).toString(36)}`
      before = atMs
      return coded
    })
    .join(" ")
}

export function decodeEvents(text: string): OrderEvent[] {
  let atMs = 0
  return text
    .split(" ")
    .filter((part) => part !== "")
    .map((part) => {
      const event = EVENT_BY_LETTER.get(part.slice(0, 1))
      const delta = Number.parseInt(part.slice(1), 36)
      if (!event || Number.isNaN(delta)) throw new Error(`stored order has an unknown event ${part}`)
      atMs += delta
      return { event, atMs }
    })
}

const INTENT_LETTERS: Readonly<Record<LegIntent, string>> = { code: "c", agreement: "a" }
const LEG_STATE_LETTERS: Readonly<Record<LegState, string>> = {
  PENDING: "P",
  CHARGED: "C",
  DECLINED: "D",
  VOID: "V",
  RETURNED: "R",
}

function encodeLeg(leg: Leg): Item {
  return item({
    c: str(leg.channel),
    a: str(leg.accountId),
    v: num(leg.settingsVersion),
    i: str(INTENT_LETTERS[leg.intent]),
    t: num(leg.amountFen),
    s: str(LEG_STATE_LETTERS[leg.state]),
    n: optionalStr(leg.channelTradeNo),
    d: leg.couponFen ? num(leg.couponFen) : undefined,
    p: optionalNum(leg.channelPaidAtMs),
  })
}

function decodeLeg(from: Item, index: number): Leg {
  const state = keyOf(LEG_STATE_LETTERS, readStr(from, "s"))
  return {
    no: index + 1,
    channel: oneOf<ChannelId>(CHANNEL_IDS, readStr(from, "c")),
    accountId: readStr(from, "a"),
    settingsVersion: readNum(from, "v"),
    intent: keyOf(INTENT_LETTERS, readStr(from, "i")),
    amountFen: readNum(from, "t"),
    state,
    channelTradeNo: readOptionalStr(from, "n"),
    couponFen: readOptionalNum(from, "d") ?? (state === "CHARGED" || state === "RETURNED" ? 0 : undefined),
    channelPaidAtMs: readOptionalNum(from, "p"),
  }
}

const RESERVATION_LETTERS: Readonly<Record<Reservation["state"], string>> = { HELD: "H", RELEASED: "R" }

/** Number in base 36, generation, amount in base 36 and state: some 25 bytes each, since an order may have fifty. */
export function encodeReservations(reservations: readonly Reservation[]): string {
  return reservations
    .map(({ refundId, generation, amountFen, state }) =>
      [BigInt(refundId).toString(36), generation, amountFen.toString(36), RESERVATION_LETTERS[state]].join(
        ":",
      ),
    )
    .join(" ")
}

export function decodeReservations(text: string): Reservation[] {
  return text.split(" ").map((entry) => {
    const [id = "", generation = "", amount = "", letter = ""] = entry.split(":")
    return {
      refundId: String(fromBase36(id)),
      generation: Number(generation),
      amountFen: Number(fromBase36(amount)),
      state: keyOf(RESERVATION_LETTERS, letter),
    }
  })
}

function fromBase36(text: string): bigint {
  if (!/^[0-9a-z]+$/.test(text)) throw new Error(`stored order has an unknown reservation ${text}`)
  return [...text].reduce((sum, digit) => sum * 36n + BigInt(Number.parseInt(digit, 36)), 0n)
}

/** Every attribute that a later write may set or, where it is absent then, remove; the others are written once. */
export const CHANGING = ["f", "st", "v", "l", "lh", "lu", "fc", "cc", "fa", "ua", "ux", "rf", "ev"] as const

/** The present values of those. */
export function encodeChanging(order: Order): Item {
  const { reservations } = order
  return item({
    f: num(reservations.length > 0 ? 2 : 1),
    st: str(order.state),
    v: num(order.version),
    l: { L: order.legs.map((leg) => ({ M: encodeLeg(leg) })) },
    lh: optionalStr(order.lease?.holder),
    lu: optionalNum(order.lease?.untilMs),
    fc: optionalStr(order.failure?.code),
    cc: optionalStr(order.failure?.channelCode),
    fa: optionalNum(order.finalAtMs),
    ua: optionalNum(order.undoUnansweredAtMs),
    ux: optionalNum(order.undoNo),
    rf: optionalStr(reservations.length > 0 ? encodeReservations(reservations) : undefined),
    ev: str(encodeEvents(order.events)),
  })
}

export function encodeOrder(order: Order): Item {
  const { gpk, gsk } = dayIndexKey(order.merchantId, order.day, order.tradeNo, order.createdAtMs)
  const { pk, sk } = orderKey(order.tradeNo)
  return {
    ...item({
      pk: str(pk),
      sk: str(sk),
      gpk: str(gpk),
      gsk: str(gsk),
      m: str(order.merchantId),
      n: str(order.outRequestNo),
      s: str(order.storeId),
      b: str(order.body),
      x: optionalStr(order.extraData),
      nu: optionalStr(order.notifyUrl),
      t: num(order.totalFen),
      fp: str(order.fingerprint),
      u: optionalStr(order.uid),
      pt: optionalStr(order.payType),
      pi: optionalStr(order.payId),
      ca: num(order.createdAtMs),
    }),
    ...encodeChanging(order),
  }
}

export function decodeOrder(from: Item): Order {
  const format = readNum(from, "f")
  if (!FORMATS.includes(format)) throw new Error(`order item of unknown format ${format}`)
  const holder = readOptionalStr(from, "lh")
  const untilMs = readOptionalNum(from, "lu")
  const failure = readOptionalStr(from, "fc")
  const channelCode = readOptionalStr(from, "cc")
  const payType = readOptionalStr(from, "pt")
  const reservations = readOptionalStr(from, "rf")
  return {
    tradeNo: readStr(from, "pk").slice(2),
    merchantId: readStr(from, "m"),
    outRequestNo: readStr(from, "n"),
    storeId: readStr(from, "s"),
    body: readStr(from, "b"),
    extraData: readOptionalStr(from, "x"),
    notifyUrl: readOptionalStr(from, "nu"),
    totalFen: readNum(from, "t"),
    fingerprint: readStr(from, "fp"),
    state: oneOf<OrderState>(ORDER_STATES, readStr(from, "st")),
    version: readNum(from, "v"),
    uid: readOptionalStr(from, "u"),
    payType: payType === undefined ? undefined : oneOf<PayType>(PAY_TYPES, payType),
    legs: (from.l?.L ?? []).map((leg, index) => decodeLeg(leg.M ?? {}, index)),
    lease: holder === undefined || untilMs === undefined ? undefined : { holder, untilMs },
    failure:
      failure === undefined
        ? undefined
        : { code: oneOf<PayErrorCode>(PAY_ERROR_CODES, failure), ...(channelCode ? { channelCode } : {}) },
    payId: readOptionalStr(from, "pi"),
    day: dayOfIndexKey(readStr(from, "gpk")),
    createdAtMs: readNum(from, "ca"),
    finalAtMs: readOptionalNum(from, "fa"),
    undoUnansweredAtMs: readOptionalNum(from, "ua"),
    undoNo: readOptionalNum(from, "ux"),
    reservations: reservations === undefined ? [] : decodeReservations(reservations),
    events: decodeEvents(readStr(from, "ev")),
  }
}

function oneOf<T extends string>(known: readonly T[], value: string): T {
  const found = known.find((it) => it === value)
  if (found === undefined) throw new Error(`stored order says ${value}, which is unknown`)
  return found
}

function keyOf<T extends string>(letters: Readonly<Record<T, string>>, letter: string): T {
  for (const key in letters) if (letters[key] === letter) return key
  throw new Error(`stored leg says ${letter}, which is unknown`)
}

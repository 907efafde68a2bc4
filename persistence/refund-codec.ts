/**
 * A refund as one item. Attribute names are short as those of orders are; this file is the only place that knows them. `f`
 * is the format: readers refuse what they do not know rather than guess.
 */
import { CHANNEL_IDS, PAY_TYPES, type PayType } from "../domain/channel.ts"
import type { Refund, RefundEvent } from "../domain/refund.ts"
import {
  REFUND_EVENTS,
  REFUND_STATES,
  type RefundEventName,
  type RefundState,
} from "../domain/refund-states.ts"
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
import { dayIndexKey, dayOfIndexKey, REFUND_PREFIX, refundKey } from "./keys.ts"

const FORMAT = 1

/** One letter an event; never reuse a letter for another meaning: old items keep theirs. */
const EVENT_LETTERS: Readonly<Record<RefundEventName, string>> = {
  claimed: "c",
  retracted: "t",
  returned: "r",
  refused: "f",
  sentAgain: "a",
}
const EVENT_BY_LETTER = new Map(REFUND_EVENTS.map((event) => [EVENT_LETTERS[event], event]))

/** Every attribute that a later write may set or, where it is absent then, remove; the others are written once. */
export const CHANGING_OF_REFUND = [
  "st",
  "v",
  "g",
  "cx",
  "lh",
  "lu",
  "ua",
  "ra",
  "cn",
  "cf",
  "cc",
  "ct",
  "fa",
  "ev",
] as const

/** The present values of those. */
export function encodeChangingOfRefund(refund: Refund): Item {
  return item({
    st: str(refund.state),
    v: num(refund.version),
    g: num(refund.generation),
    cx: refund.channelNo === 1 ? undefined : num(refund.channelNo),
    lh: optionalStr(refund.lease?.holder),
    lu: optionalNum(refund.lease?.untilMs),
    ua: optionalNum(refund.unansweredAtMs),
    ra: optionalNum(refund.refusedAtMs),
    cn: optionalStr(refund.channelRefundNo),
    cf: optionalNum(refund.couponFen),
    cc: optionalStr(refund.channelCode),
    ct: optionalNum(refund.channelReturnedAtMs),
    fa: optionalNum(refund.finalAtMs),
    ev: str(encodeEvents(refund.events)),
  })
}

export function encodeRefund(refund: Refund): Item {
  const { refundId, merchantId, day, createdAtMs } = refund
  const { pk, sk } = refundKey(refundId)
  const { gpk, gsk } = dayIndexKey(merchantId, day, refundId, createdAtMs)
  return {
    ...item({
      pk: str(pk),
      sk: str(sk),
      gpk: str(gpk),
      gsk: str(gsk),
      f: num(FORMAT),
      m: str(merchantId),
      n: str(refund.outRefundNo),
      o: str(refund.tradeNo),
      on: str(refund.outRequestNo),
      s: str(refund.storeId),
      u: optionalStr(refund.uid),
      pt: optionalStr(refund.payType),
      ln: num(refund.legNo),
      c: str(refund.channel),
      t: num(refund.amountFen),
      tt: num(refund.totalFen),
      nu: optionalStr(refund.notifyUrl),
      ca: num(createdAtMs),
    }),
    ...encodeChangingOfRefund(refund),
  }
}

export function decodeRefund(from: Item): Refund {
  const format = readNum(from, "f")
  if (format !== FORMAT) throw new Error(`refund item of unknown format ${format}`)
  const holder = readOptionalStr(from, "lh")
  const untilMs = readOptionalNum(from, "lu")
  const payType = readOptionalStr(from, "pt")
  return {
    refundId: readStr(from, "pk").slice(REFUND_PREFIX.length),
    merchantId: readStr(from, "m"),
    outRefundNo: readStr(from, "n"),
    tradeNo: readStr(from, "o"),
    outRequestNo: readStr(from, "on"),
    storeId: readStr(from, "s"),
    uid: readOptionalStr(from, "u"),
    payType: payType === undefined ? undefined : oneOf<PayType>(PAY_TYPES, payType),
    legNo: readNum(from, "ln"),
    channel: oneOf(CHANNEL_IDS, readStr(from, "c")),
    amountFen: readNum(from, "t"),
    totalFen: readNum(from, "tt"),
    notifyUrl: readOptionalStr(from, "nu"),
    state: oneOf<RefundState>(REFUND_STATES, readStr(from, "st")),
    version: readNum(from, "v"),
    generation: readNum(from, "g"),
    channelNo: readOptionalNum(from, "cx") ?? 1,
    lease: holder === undefined || untilMs === undefined ? undefined : { holder, untilMs },
    unansweredAtMs: readOptionalNum(from, "ua"),
    refusedAtMs: readOptionalNum(from, "ra"),
    channelRefundNo: readOptionalStr(from, "cn"),
    couponFen: readOptionalNum(from, "cf"),
    channelCode: readOptionalStr(from, "cc"),
    channelReturnedAtMs: readOptionalNum(from, "ct"),
    day: dayOfIndexKey(readStr(from, "gpk")),
    createdAtMs: readNum(from, "ca"),
    finalAtMs: readOptionalNum(from, "fa"),
    events: decodeEvents(readStr(from, "ev")),
  }
}

/** A letter and the time in base 36 for each. */
function encodeEvents(events: readonly RefundEvent[]): string {
  return events.map(({ event, atMs }) => `${EVENT_LETTERS[event]}${atMs.toString(36)}`).join(" ")
}

function decodeEvents(text: string): RefundEvent[] {
  return text.split(" ").map((part) => {
    const event = EVENT_BY_LETTER.get(part.slice(0, 1))
    const atMs = Number.parseInt(part.slice(1), 36)
    if (!event || Number.isNaN(atMs)) throw new Error(`stored refund has an unknown event ${part}`)
    return { event, atMs }
  })
}

function oneOf<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((it) => it === text)
  if (!found) throw new Error(`stored refund says ${text}, which is unknown`)
  return found
}

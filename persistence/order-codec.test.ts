import assert from "node:assert/strict"
import { test } from "node:test"
import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import fc from "fast-check"
import { CHANNEL_IDS, PAY_ERROR_CODES, PAY_TYPES } from "../domain/channel.ts"
import type { Leg, Order, OrderEvent } from "../domain/order.ts"
import { tradeNoOf } from "../domain/order-number.ts"
import { ORDER_EVENTS, ORDER_STATES } from "../domain/order-states.ts"
import {
  CHANGING,
  decodeEvents,
  decodeOrder,
  encodeChanging,
  encodeEvents,
  encodeOrder,
} from "./order-codec.ts"

const WRITE_UNIT_BYTES = 1_024

/**
 * Bytes as DynamoDB counts them. Source: "DynamoDB Item sizes and formats" in AWS's developer guide: names and texts in
 * UTF-8; a number about one byte for two significant digits, and one more; a list or map 3 bytes and 1 for each element;
 * a boolean 1.
 */
function itemBytes(item: Record<string, AttributeValue>): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  )
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S)
  if (value.N !== undefined) return numberBytes(value.N)
  if (value.BOOL !== undefined) return 1
  if (value.L !== undefined) return 3 + value.L.reduce((sum, it) => sum + 1 + valueBytes(it), 0)
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemBytes(value.M)
  throw new Error("an order has no attribute of this type")
}

function numberBytes(text: string): number {
  const significant = text.replace(/^-|\./g, "").replace(/^0+|0+$/g, "")
  return Math.ceil(significant.length / 2) + 1 + (text.startsWith("-") ? 1 : 0)
}

const NOW_MS = Date.UTC(2025, 5, 1, 4, 0, 0, 123)

/** All that an order can carry today, in the lengths that shops use: 40 Chinese characters in `body`. */
function fullOrder(change: Partial<Order> = {}): Order {
  const outRequestNo = "SZTX001-20250601-120000-000123-A"
  return {
    tradeNo: tradeNoOf("M10001", outRequestNo),
    merchantId: "M10001",
    outRequestNo,
    storeId: "SZTX001-counter-3",
    body: "早餐套餐豆浆油条茶叶蛋".repeat(4).slice(0, 40),
    extraData: '{"cashier":"0042","till":"3","shift":"morning"}',
    notifyUrl: "https://pay.shop-chain.example/metro/notify?shop=SZTX001",
    totalFen: 12_345_67,
    fingerprint: "OMSc4a75mvRYGnXT",
    state: "PAID",
    version: 9,
    uid: "U1000000000000000001",
    payType: "CT_WECHAT",
    legs: [
      {
        no: 1,
        channel: "wechat",
        accountId: "1900000109",
        settingsVersion: 12,
        intent: "agreement",
        amountFen: 12_345_67,
        state: "CHARGED",
        channelTradeNo: "4200002567202506018123456789",
        couponFen: 123,
        channelPaidAtMs: NOW_MS + 456,
      },
    ],
    lease: { holder: "01JWMB6Q3V7W8X9Y0Z1A2B3C4D", untilMs: NOW_MS + 25_000 },
    failure: { code: "BALANCE_INSUFFICIENT", channelCode: "NOTENOUGH" },
    payId: "l4JCv8SNECyAlvT_CO5Kzx",
    day: "20250601",
    createdAtMs: NOW_MS,
    finalAtMs: NOW_MS + 789,
    undoUnansweredAtMs: undefined,
    undoNo: undefined,
    reservations: [],
    events: [
      { event: "accepted", atMs: NOW_MS },
      { event: "passwordAsked", atMs: NOW_MS + 300 },
      { event: "charged", atMs: NOW_MS + 789 },
      { event: "undoStarted", atMs: NOW_MS + 3_600_000 },
      { event: "undoRefused", atMs: NOW_MS + 3_660_000 },
      { event: "undoStarted", atMs: NOW_MS + 7_200_000 },
      { event: "undone", atMs: NOW_MS + 7_230_000 },
    ],
    ...change,
  }
}

test("an order with 40 Chinese characters and everything set is one write unit", () => {
  const bytes = itemBytes(encodeOrder(fullOrder()))
  assert.ok(bytes < WRITE_UNIT_BYTES, `${bytes} bytes`)
})

test("the size of an item is counted by AWS's rules", () => {
  const item = {
    pk: { S: "豆" },
    n: { N: "1230" },
    z: { N: "0" },
    b: { BOOL: true },
    l: { L: [{ M: { a: { S: "x" } } }] },
  }
  assert.equal(itemBytes(item), 2 + 3 + (1 + 3) + (1 + 1) + (1 + 1) + (1 + 3 + 1 + (3 + 1 + 1 + 1)))
})

/** Objects as the code makes them. */
const PLAIN = { noNullPrototype: true }

const anAmount = fc.integer({ min: 0, max: 100_000_000 })
const aTime = fc.integer({ min: 0, max: 4_000_000_000_000 })
const aText = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" })
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const aLeg: fc.Arbitrary<Omit<Leg, "no">> = fc
  .record({
    channel: fc.constantFrom(...CHANNEL_IDS),
    accountId: aText,
    settingsVersion: fc.nat(),
    intent: fc.constantFrom("code", "agreement"),
    amountFen: anAmount,
    state: fc.constantFrom("PENDING", "CHARGED", "DECLINED"),
    channelTradeNo: maybe(aText),
    couponFen: fc.nat(1_000),
    channelPaidAtMs: maybe(aTime),
  })
  // A discount stands on what was charged, and only there is none of it zero.
  .map((leg) => (leg.state === "CHARGED" ? leg : { ...leg, couponFen: undefined }))

const someEvents: fc.Arbitrary<OrderEvent[]> = fc.array(
  fc.record({ event: fc.constantFrom(...ORDER_EVENTS), atMs: aTime }, PLAIN),
  { maxLength: 8 },
)

const anOrder: fc.Arbitrary<Order> = fc
  .record({
    merchantId: fc.stringMatching(/^[0-9A-Za-z_-]{1,64}$/),
    outRequestNo: aText,
    storeId: aText,
    body: aText,
    extraData: maybe(fc.string()),
    notifyUrl: maybe(aText),
    totalFen: anAmount,
    fingerprint: fc.string({ maxLength: 16 }),
    state: fc.constantFrom(...ORDER_STATES),
    version: fc.integer({ min: 1, max: 1_000 }),
    uid: maybe(aText),
    payType: maybe(fc.constantFrom(...PAY_TYPES)),
    legs: fc
      .array(aLeg, { maxLength: 3 })
      .map((legs) => legs.map((leg, index) => ({ no: index + 1, ...leg }))),
    lease: maybe(fc.record({ holder: aText, untilMs: aTime }, PLAIN)),
    failure: maybe(
      fc.record(
        { code: fc.constantFrom(...PAY_ERROR_CODES), channelCode: aText },
        { requiredKeys: ["code"], ...PLAIN },
      ),
    ),
    payId: maybe(aText),
    day: fc.stringMatching(/^20\d{6}$/),
    createdAtMs: aTime,
    finalAtMs: maybe(aTime),
    undoUnansweredAtMs: maybe(aTime),
    undoNo: maybe(fc.integer({ min: 2, max: 99 })),
    reservations: fc.array(
      fc.record(
        {
          refundId: fc.stringMatching(/^[1-9]\d{25}$/),
          generation: fc.integer({ min: 1, max: 99 }),
          amountFen: anAmount,
          state: fc.constantFrom("HELD", "RELEASED"),
        },
        PLAIN,
      ),
      { maxLength: 5 },
    ),
    events: someEvents,
  })
  .map((order) => ({ tradeNo: tradeNoOf(order.merchantId, order.outRequestNo), ...order }))

test("whatever an order holds, it is read as it was written", () => {
  fc.assert(
    fc.property(anOrder, (order) => assert.deepEqual(decodeOrder(encodeOrder(order)), order)),
    {
      numRuns: 300,
    },
  )
})

test("every attribute that a change may write is one that it may remove", () => {
  fc.assert(
    fc.property(anOrder, (order) => {
      const known: readonly string[] = CHANGING
      for (const name of Object.keys(encodeChanging(order))) assert.ok(known.includes(name), name)
    }),
  )
})

test("events are read as they were written, whatever their order in time", () => {
  fc.assert(fc.property(someEvents, (events) => assert.deepEqual(decodeEvents(encodeEvents(events)), events)))
})

test("the letters of events never change: old items keep theirs", () => {
  const coded = encodeEvents(ORDER_EVENTS.map((event) => ({ event, atMs: 0 })))
  const letters =
    "accepted=a refused=f closedUnseen=n retracted=t charged=c declined=d passwordAsked=p reversalStarted=r reversed=R undoStarted=u undone=U undoRefused=x surplusFound=s surplusReturned=S"
  assert.equal(ORDER_EVENTS.map((event, i) => `${event}=${coded.split(" ")[i]?.[0]}`).join(" "), letters)
  assert.equal(
    encodeEvents([
      { event: "accepted", atMs: 36 },
      { event: "charged", atMs: 72 },
    ]),
    "a10 c10",
  )
})

test("what is not understood is refused, not guessed", () => {
  const item = encodeOrder(fullOrder())
  assert.throws(() => decodeOrder({ ...item, f: { N: "3" } }), /unknown format 3/)
  assert.throws(() => decodeOrder({ ...item, st: { S: "SETTLED" } }), /SETTLED/)
  assert.throws(() => decodeOrder({ ...item, ev: { S: "a10 q1" } }), /unknown event q1/)
  assert.throws(() => decodeOrder({ ...item, ev: { S: "a!" } }), /unknown event/)
  assert.throws(() => decodeOrder({ ...item, pt: { S: "CT_GOLD" } }), /CT_GOLD/)
  const { t: _total, ...withoutTotal } = item
  assert.throws(() => decodeOrder(withoutTotal), /no number t/)
})

test("an order stands in the index under its merchant and day", () => {
  assert.match(encodeOrder(fullOrder({ day: "20250602" })).gpk?.S ?? "", /^M10001#20250602#[0-3]$/)
})

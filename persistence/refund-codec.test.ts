import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { CHANNEL_IDS, PAY_TYPES } from "../domain/channel.ts"
import type { Refund } from "../domain/refund.ts"
import { refundIdOf } from "../domain/refund-number.ts"
import { REFUND_EVENTS, REFUND_STATES } from "../domain/refund-states.ts"
import { CHANGING_OF_REFUND, decodeRefund, encodeChangingOfRefund, encodeRefund } from "./refund-codec.ts"

/** Plain objects: assert.deepEqual tells them from those without a prototype. */
const PLAIN = { noNullPrototype: true } as const
const aText = fc.string({ minLength: 1, maxLength: 64 })
const aTime = fc.integer({ min: 0, max: 8_640_000_000_000_000 })
const anAmount = fc.integer({ min: 1, max: 100_000_000 })
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined })

const aRefund: fc.Arbitrary<Refund> = fc
  .record({
    merchantId: aText.filter((it) => !it.includes("#")),
    outRefundNo: aText,
    tradeNo: fc.stringMatching(/^[1-9]\d{25}$/),
    outRequestNo: aText,
    storeId: aText,
    uid: maybe(aText),
    payType: maybe(fc.constantFrom(...PAY_TYPES)),
    legNo: fc.integer({ min: 1, max: 9 }),
    channel: fc.constantFrom(...CHANNEL_IDS),
    amountFen: anAmount,
    totalFen: anAmount,
    notifyUrl: maybe(aText),
    state: fc.constantFrom(...REFUND_STATES),
    version: fc.integer({ min: 1, max: 1_000 }),
    generation: fc.integer({ min: 1, max: 99 }),
    channelNo: fc.integer({ min: 1, max: 99 }),
    lease: maybe(fc.record({ holder: aText, untilMs: aTime }, PLAIN)),
    unansweredAtMs: maybe(aTime),
    refusedAtMs: maybe(aTime),
    channelRefundNo: maybe(aText),
    couponFen: maybe(fc.integer({ min: 0, max: 100_000_000 })),
    channelCode: maybe(aText),
    channelReturnedAtMs: maybe(aTime),
    day: fc.stringMatching(/^20\d{6}$/),
    createdAtMs: aTime,
    finalAtMs: maybe(aTime),
    events: fc.array(fc.record({ event: fc.constantFrom(...REFUND_EVENTS), atMs: aTime }, PLAIN), {
      minLength: 1,
      maxLength: 9,
    }),
  })
  .map((refund) => ({ refundId: refundIdOf(refund.merchantId, refund.outRefundNo), ...refund }))

function sample(change: Partial<Refund> = {}): Refund {
  const [refund] = fc.sample(aRefund, { numRuns: 1, seed: 1 })
  assert.ok(refund)
  return { ...refund, ...change }
}

test("whatever a refund holds, it is read as it was written", () => {
  fc.assert(
    fc.property(aRefund, (refund) => assert.deepEqual(decodeRefund(encodeRefund(refund)), refund)),
    { numRuns: 300 },
  )
})

test("every attribute that a change may write is one that it may remove", () => {
  fc.assert(
    fc.property(aRefund, (refund) => {
      const known: readonly string[] = CHANGING_OF_REFUND
      for (const name of Object.keys(encodeChangingOfRefund(refund))) assert.ok(known.includes(name), name)
    }),
  )
})

test("the letters of a refund's events never change: old items keep theirs", () => {
  const events = REFUND_EVENTS.map((event) => ({ event, atMs: 36 }))
  assert.equal(encodeRefund(sample({ events })).ev?.S, "c10 t10 r10 f10 a10")
})

test("what is not understood of a refund is refused, not guessed", () => {
  const item = encodeRefund(sample())
  assert.throws(() => decodeRefund({ ...item, f: { N: "2" } }), /unknown format 2/)
  assert.throws(() => decodeRefund({ ...item, st: { S: "SETTLED" } }), /SETTLED/)
  assert.throws(() => decodeRefund({ ...item, c: { S: "cash" } }), /cash/)
  assert.throws(() => decodeRefund({ ...item, ev: { S: "c10 q1" } }), /unknown event q1/)
  const { t: _amount, ...withoutAmount } = item
  assert.throws(() => decodeRefund(withoutAmount), /no number t/)
})

test("a refund stands in the index under its merchant and the day on which it was asked for", () => {
  const refund = sample({ merchantId: "M10001", day: "20250602" })
  assert.match(encodeRefund(refund).gpk?.S ?? "", /^M10001#20250602#[0-3]$/)
})

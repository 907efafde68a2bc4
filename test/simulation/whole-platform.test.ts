import assert from "node:assert/strict"
import { test } from "node:test"
import { TRANSITIONS } from "../../domain/order-states.ts"
import { REFUND_TRANSITIONS } from "../../domain/refund-states.ts"
import { BEHAVIOURS } from "./channel-charging.ts"
import { REFUND_WORDS } from "./channel-refunding.ts"
import { REVERSE_WORDS } from "./channel-undoing.ts"
import { brokenStory, seedLine, simulate, simulateMany } from "./simulate.ts"

const FIRST_SEED = 1
const SEEDS = 600

/** Every way a call can end; a run that never sees one of them proves nothing about it. */
const ANSWERS = [
  ...[
    "PAID",
    "PAYING",
    "REVERSING",
    "UNDOING",
    "CLOSED",
    "FAILED AGREEMENT_REQUIRED",
    "FAILED BALANCE_INSUFFICIENT",
    "FAILED CHANNEL_REFUSED",
    "FAILED CODE_CLOSED",
    "FAILED CODE_EXPIRED",
    "FAILED CODE_INVALID",
    "FAILED CODE_USED",
    "FAILED ORDER_CLOSED",
    "FAILED PAY_METHOD_OFF",
    "KEY_UNKNOWN",
    "MERCHANT_DISABLED",
    "ORDER_NO_REUSED",
    "SYSTEM_ERROR",
    "TOO_MANY_REQUESTS",
    "TRY_AGAIN",
  ].map((it) => `applypay: ${it}`),
  ...["PAID", "PAYING", "REVERSING", "UNDOING", "CLOSED", "ORDER_NOT_FOUND"].map((it) => `orderquery: ${it}`),
  ...[
    "CLOSED, recall N",
    "FAILED, recall N",
    "ORDER_STATE_FORBIDS",
    "REVERSING, recall Y",
    "UNDOING, recall Y",
    "ORDER_NOT_FOUND",
    "REVERSE_WINDOW_CLOSED",
    "SYSTEM_ERROR",
  ].map((it) => `reverse: ${it}`),
  ...[
    "FAILED",
    "ORDER_NOT_FOUND",
    "ORDER_STATE_FORBIDS",
    "PROCESSING",
    "REFUND_EXCEEDS_PAID",
    "REFUND_NO_REUSED",
    "REFUND_WINDOW_CLOSED",
    "SUCCEEDED",
    "SYSTEM_ERROR",
  ].map((it) => `refund: ${it}`),
  ...["FAILED", "PROCESSING", "REFUND_NOT_FOUND", "SUCCEEDED"].map((it) => `refundquery: ${it}`),
]
const BEHIND_THE_CALLS = [
  ...["asked again later", "being undone", "left alone", "nothing to ask", "settled"].map(
    (it) => `poll: ${it}`,
  ),
  ...["asked again later", "left alone", "left to its workflow", "settled"].map((it) => `poll refund: ${it}`),
  ...["first generation", "later generation", "succeeded", "failed", "timed out"].flatMap((it) => [
    `undoing: ${it}`,
    `refunding: ${it}`,
  ]),
  ...["FAILED", "PROCESSING", "SUCCEEDED", "somebody else is at it", "succeeded already"].map(
    (it) => `sent again: ${it}`,
  ),
  ...["not final", "surplus", "undo refused", "refund not final", "refund refused"].map(
    (it) => `desk: ${it}`,
  ),
  ...["effects", "recovery", "dead letters", "failed undoing", "failed refunding"].map(
    (it) => `process: ${it}`,
  ),
]
const PORT_CALLS = [
  "channels.charge",
  "channels.query",
  "channels.queryRefund",
  "channels.refund",
  "channels.reverse",
  "clock.sleep",
  "codes.claim",
  "codes.release",
  "exceptions.note",
  "exceptions.resolve",
  "health.report",
  "merchants.read",
  "orders.advance",
  "orders.create",
  "orders.read",
  "payers.readPayer",
  "polls.send",
  "records.put",
  "refundings.ensure",
  "refunds.advance",
  "refunds.create",
  "refunds.read",
  "undoings.ensure",
  "wrongCodes.count",
]

test("whatever dies, stalls or is sent twice, money and orders agree, and every kind of call was seen", async () => {
  const runs = await simulateMany({ first: FIRST_SEED, count: SEEDS })
  console.log(seedLine(runs))
  assert.equal(runs.broken.length, 0, runs.broken.map(brokenStory).join("\n"))

  const wanted = [
    ...ANSWERS,
    ...BEHIND_THE_CALLS,
    ...[...BEHAVIOURS, ...REVERSE_WORDS, ...REFUND_WORDS].map((it) => `channel: ${it}`),
    ...TRANSITIONS.map((it) => `transition: ${it.from} ${it.event}`),
    ...REFUND_TRANSITIONS.map((it) => `refund transition: ${it.from} ${it.event}`),
    ...PORT_CALLS.flatMap((it) => [`crash before ${it}`, `crash after ${it}`]),
  ]
  const missed = wanted.filter((it) => !runs.tally.has(it))
  assert.deepEqual(missed, [], "never happened in any run")
})

test("a seed plays the same run again, to the last word", async () => {
  const [first, second] = [await simulate(11), await simulate(11)]
  assert.deepEqual(second.history, first.history)
  assert.deepEqual(second.tally, first.tally)
})
